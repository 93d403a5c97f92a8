package settings

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	starter "otasuke/content/rules"
	"otasuke/gateway/internal/lastgood"
	"otasuke/gateway/internal/listing"
	"otasuke/gateway/internal/sensorconf"
	"otasuke/gateway/internal/update/content"
	"otasuke/rule"
	"otasuke/rule/parse"
	"otasuke/rule/policy"
)

// RuleSource says what rules are read and how.
type RuleSource struct {
	Files   []string // patterns
	Builtin bool     // the built-in ones, too
	Home    string   // inside networks as a rule variable; "" for the language's default
	Sensor  *sensorconf.Settings
	IPS     *policy.Policy // nil leaves the rules' actions
	Warn    func(format string, args ...any)
	// Kept has copies of files that were good. Start says that there are no rules yet which could
	// stay: a file that cannot be read and has no copy is then told by Warn and left out.
	Kept  *lastgood.Folder
	Start bool
}

// ReadRules reads the rules of the configuration and of bundles. At the start what cannot be read is
// left out: the others protect.
func (c *Config) ReadRules(start bool) (rules []*rule.Rule, refused []rule.Refusal, err error) {
	kept := c.kept("rules")
	src := RuleSource{Files: slices.Concat(c.Rules, content.Rules(c.Bundles)), Builtin: !c.NoStarterRules, Home: c.HomeNet(), IPS: c.IPS, Kept: kept, Start: start,
		Warn: func(format string, args ...any) { c.Log.Warn(fmt.Sprintf(format, args...)) }}
	if rules, refused, err = src.Read(); err == nil {
		kept.Prune()
	}
	return rules, refused, err
}

// Read reads rule files. Of rules with the same sid in several files the newest counts.
func (src *RuleSource) Read() (rules []*rule.Rule, refused []rule.Refusal, err error) {
	opt := parse.Options{Vars: parse.DefaultVars()}
	if src.Sensor != nil {
		if err := src.Sensor.Parse(&opt); err != nil {
			return nil, nil, err
		}
	}
	if src.Home != "" {
		opt.Vars["HOME_NET"] = src.Home
	}
	if src.Kept == nil {
		src.Kept = new(lastgood.Folder)
	}
	var lists [][]*rule.Rule
	add := func(name string, text []byte) {
		opt.Open = listing.Beside(name)
		r, bad := parse.Rules(name, text, opt)
		lists, refused = append(lists, r), append(refused, bad...)
	}
	if src.Builtin {
		for name, text := range starter.Files() {
			add(name, text)
		}
	}
	for _, pattern := range src.Files {
		names, err := src.Kept.Match(pattern)
		if err == nil && len(names) == 0 {
			err = os.ErrNotExist
		}
		if err != nil && src.Start {
			src.Warn("rules %q are left out: %v", pattern, err)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("gateway: rules %q: %w", pattern, err)
		}
		for _, name := range names {
			text, err := src.text(name, opt)
			if err != nil {
				return nil, nil, err
			}
			add(name, text)
		}
	}
	rules, older := parse.Merge(lists...)
	if src.IPS != nil {
		rules, _ = src.IPS.Apply(rules, time.Now())
	}
	if src.Sensor != nil {
		err = src.Sensor.Thresholds(rules, opt.Vars, src.Warn)
	}
	return rules, append(refused, older...), err
}

// text reads a file of rules, or its copy; nil for one to be left out.
func (src *RuleSource) text(name string, opt parse.Options) ([]byte, error) {
	opt.Open = listing.Beside(name)
	f, err := src.Kept.Open(name, func(r io.Reader) error {
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if rules, bad := parse.Rules(name, text, opt); len(rules) == 0 && len(bad) > 0 {
			return fmt.Errorf("none of its %d rules is understood: line %d: %s", len(bad), bad[0].Line, bad[0].Reason)
		}
		return nil
	})
	if err != nil && (f != nil || src.Start) {
		src.Warn("rules: %v", err)
	}
	if f == nil {
		if src.Start {
			err = nil
		}
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("gateway: rules: %w", err)
	}
	return text, nil
}

// HomeNet writes the inside networks as a rule variable.
func (c *Config) HomeNet() string {
	nets := slices.Concat(c.Home, c.fromLine())
	parts := make([]string, len(nets))
	for i, p := range nets {
		parts[i] = p.String()
	}
	return "[" + strings.Join(parts, ",") + "]"
}
