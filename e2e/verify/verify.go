package verify

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"otasuke/gateway"
)

// Version of the language that cases are compared with.
var Version = [3]int{8, 0, 6}

// ErrNotRun tells that a case asks for something that has no meaning here.
var ErrNotRun = errors.New("verify: not run")

// ErrNotHere tells that the capture of a case is not among the data.
var ErrNotHere = errors.New("verify: the capture is not here")

// test is a test.yaml, as far as it is read.
type test struct {
	PCAP     any            `yaml:"pcap"`
	Args     any            `yaml:"args"`
	Command  string         `yaml:"command"`
	Checks   []check        `yaml:"checks"`
	ExitCode int            `yaml:"exit-code"`
	Skip     any            `yaml:"skip"`
	Rules    string         `yaml:"rules"`
	Env      map[string]any `yaml:"env"`
	Requires map[string]any `yaml:"requires"`
}

type check struct {
	Filter *filter `yaml:"filter"`
	Shell  any     `yaml:"shell"`
	Stats  any     `yaml:"stats"`
	Files  any     `yaml:"file-compare"`
}

type filter struct {
	Filename string         `yaml:"filename"`
	Requires map[string]any `yaml:"requires"`
	Count    any            `yaml:"count"`
	Match    map[string]any `yaml:"match"`
}

// Cases lists the folders below dir that hold a case.
func Cases(dir string) (list []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "test.yaml" {
			list = append(list, filepath.Dir(path))
		}
		return err
	})
	return list, err
}

// Run runs the case in a folder; source holds the configuration files that a sensor ships
// (classification.config, reference.config), out is an empty folder for what is written.
// It returns what its checks have found wrong, or ErrNotRun with the reason.
func Run(ctx context.Context, dir, source, out string) error {
	text, err := os.ReadFile(filepath.Join(dir, "test.yaml"))
	if err != nil {
		return err
	}
	var t test
	if err := yaml.Unmarshal(text, &t); err != nil {
		return fmt.Errorf("%w: test.yaml: %v", ErrNotRun, err)
	}
	cfg, err := t.config(dir, source, out)
	if err != nil {
		return err
	}
	// A capture that ends in the middle of a packet is judged up to there.
	if _, err := gateway.Inspect(ctx, cfg); err != nil && t.ExitCode == 0 && !exists(filepath.Join(out, "eve.json")) {
		return fmt.Errorf("inspect: %w", err)
	}
	events, err := events(filepath.Join(out, "eve.json"))
	if err != nil {
		return err
	}
	var bad []error
	for i, c := range t.Checks {
		if c.Filter == nil {
			return fmt.Errorf("%w: check %d is no filter", ErrNotRun, i+1)
		}
		if err := c.Filter.check(events); err != nil {
			bad = append(bad, fmt.Errorf("check %d: %w", i+1, err))
		}
	}
	return errors.Join(bad...)
}

// config translates the case's arguments.
func (t *test) config(dir, source, out string) (gateway.InspectConfig, error) {
	cfg := gateway.InspectConfig{Dir: out, Warn: io.Discard}
	if classes := filepath.Join(source, "classification.config"); exists(classes) {
		cfg.Set = []string{"classification-file=" + classes, "reference-config-file=" + filepath.Join(source, "reference.config")}
	}
	no := func(why string) (gateway.InspectConfig, error) { return cfg, fmt.Errorf("%w: %s", ErrNotRun, why) }
	if t.Skip != nil {
		return no("it is skipped")
	}
	if name := filepath.Join(dir, "suricata.yaml"); exists(name) {
		cfg.Conf = name
	} else {
		cfg.Set = append(cfg.Set, "exception-policy=auto") // as the shipped configuration has it
	}
	if v, ok := t.Env["SURICATA_EVE_DNS_VERSION"]; ok {
		cfg.Set = append(cfg.Set, fmt.Sprintf("eve-dns-version=%v", v))
	}
	if t.Rules != "" {
		cfg.Rules = []string{within(dir, t.Rules)}
	} else if rules := filepath.Join(dir, "test.rules"); exists(rules) {
		cfg.Rules = []string{rules}
	} else if names, _ := filepath.Glob(filepath.Join(dir, "*.rules")); len(names) == 1 {
		cfg.Rules = names
	}
	if err := t.arguments(&cfg, dir, source); err != nil {
		return cfg, err
	}
	if len(cfg.Rules) == 0 {
		empty := filepath.Join(out, "empty.rules")
		if err := os.WriteFile(empty, nil, 0o600); err != nil {
			return cfg, err
		}
		cfg.Rules = []string{empty}
	}
	if cfg.Capture == "" {
		cfg.Capture = t.capture(dir)
	}
	if cfg.Capture != "" && !exists(cfg.Capture) {
		return cfg, fmt.Errorf("%w: %s", ErrNotHere, cfg.Capture)
	}
	if cfg.Capture == "" {
		return no("it has no capture")
	}
	return cfg, nil
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

// words splits the arguments, or the command line that takes their place, into words.
func (t *test) words(dir, source, out string) (words []string) {
	lines := texts(t.Args)
	if t.Command != "" {
		_, rest, _ := strings.Cut(strings.ReplaceAll(t.Command, "\\\n", " "), "/src/suricata ")
		if rest == "" {
			return []string{"a command that is not the engine"}
		}
		lines = []string{rest}
		if file, ok := strings.CutPrefix(strings.TrimSpace(t.Command), "cat "); ok {
			file, _, _ = strings.Cut(file, " ")
			lines = append(lines, "-r "+file)
		}
	}
	for _, line := range lines {
		line = strings.NewReplacer("${TEST_DIR}", dir, "${SRCDIR}/etc", source, "${SRCDIR}", source, "${OUTPUT_DIR}", out, `"`, "", "'", "").Replace(line)
		words = append(words, strings.Fields(line)...)
	}
	return words
}

// arguments reads the options of the command line.
func (t *test) arguments(cfg *gateway.InspectConfig, dir, source string) error {
	words := t.words(dir, source, cfg.Dir)
	for i := 0; i < len(words); i++ {
		value := ""
		if i+1 < len(words) {
			value = words[i+1]
		}
		switch word := words[i]; {
		case word == "-k" || word == "-l" || word == "--runmode" || word == "--data-dir":
			i++
		case word == "-c":
			if conf := within(dir, value); exists(conf) {
				cfg.Conf = conf
			}
			i++
		case word == "-r":
			if value = within(dir, value); value != "/dev/stdin" && strings.TrimRight(value, "/") != dir {
				cfg.Capture = value
			}
			i++
		case word == "--set":
			cfg.Set = append(cfg.Set, value)
			i++
		case word == "-S" || word == "-s":
			cfg.Rules = []string{within(dir, value)}
			if !exists(cfg.Rules[0]) {
				cfg.Rules = []string{filepath.Join(dir, filepath.Base(value))}
			}
			i++
		case word == "--simulate-ips":
			cfg.Prevent = true
		case strings.HasPrefix(word, "--runmode=") || strings.HasPrefix(word, "--pcap-file") || strings.HasPrefix(word, "--data-dir=") || word == "--no-random":
		case word == "-v" || word == "-vv" || word == "-vvv":
		default:
			return fmt.Errorf("%w: option %s", ErrNotRun, word)
		}
	}
	return nil
}

// within tells where a name of the command line is: commands run in the case's folder.
func within(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// texts reads a text or a list of texts.
func texts(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = append(out, v)
	case []any:
		for _, e := range v {
			out = append(out, fmt.Sprint(e))
		}
	}
	return out
}

// capture finds the capture of the case.
func (t *test) capture(dir string) string {
	if name, ok := t.PCAP.(string); ok && name != "false" && name != "no" {
		return filepath.Join(dir, name)
	}
	if t.PCAP != nil {
		return ""
	}
	for _, pattern := range []string{"*.pcap", "*.pcapng", "*.cap"} {
		if names, _ := filepath.Glob(filepath.Join(dir, pattern)); len(names) > 0 {
			slices.Sort(names)
			return names[0]
		}
	}
	return ""
}

// events reads eve.json.
func events(name string) (list []map[string]any, err error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // rules or configuration were refused: nothing was judged
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 1 {
			var e map[string]any
			d := json.NewDecoder(strings.NewReader(string(line)))
			d.UseNumber()
			if err := d.Decode(&e); err != nil {
				return nil, fmt.Errorf("eve.json: %w", err)
			}
			list = append(list, e)
		}
		if err != nil {
			return list, nil
		}
	}
}
