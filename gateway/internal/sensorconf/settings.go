package sensorconf

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"otasuke/gateway/internal/appid"
	"otasuke/gateway/internal/engine"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/match/place"
	"otasuke/gateway/internal/yamlconf"
	"otasuke/rule"
	"otasuke/rule/option"
	"otasuke/rule/parse"
)

// Settings are what a configuration of the field's sensors says, as far as it concerns
// what is judged and recorded here.
type Settings struct {
	conf  *yamlconf.Conf
	dir   string // that relative names are meant from
	types map[string]*yamlconf.Conf
	log   *yamlconf.Conf // the part of the output that is eve.json
	// Places are what rules ask about addresses.
	Places place.Known
}

// Read reads a file (none when path is empty) and the single settings.
func Read(path string, set []string) (*Settings, error) {
	s := &Settings{conf: new(yamlconf.Conf), dir: filepath.Dir(path)}
	if path != "" {
		conf, err := yamlconf.Read(path)
		if err != nil {
			return nil, fmt.Errorf("sensorconf: %w", err)
		}
		s.conf = conf
	}
	for _, item := range set {
		key, value, ok := strings.Cut(item, "=")
		if !ok {
			return nil, fmt.Errorf("%w: --set %q: write path.to.key=value", ErrSetting, item)
		}
		s.conf.Set(strings.TrimSpace(key), strings.TrimSpace(value))
	}
	s.outputs()
	return s, s.reputations()
}

// file returns the name of a file that a setting gives.
func (s *Settings) file(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	if _, err := os.Stat(name); err == nil {
		return name
	}
	return filepath.Join(s.dir, name)
}

// outputs finds out which records are wanted: what eve.json lists, or everything.
func (s *Settings) outputs() {
	for _, out := range s.conf.At("outputs").List() {
		eve := out.At("eve-log")
		if !eve.Exists() || !eve.At("enabled").Bool(true) || !strings.HasSuffix(eve.At("filename").String("eve.json"), "eve.json") {
			continue
		}
		if s.types == nil {
			s.types = map[string]*yamlconf.Conf{}
		}
		s.log = eve
		types := eve.At("types")
		for _, name := range types.Keys() {
			if opt := types.At(name); opt.At("enabled").Bool(true) && opt.Bool(true) {
				s.types[name] = opt
			}
		}
	}
}

// Wants tells whether records of a type are written.
func (s *Settings) Wants(r *eve.Record) bool {
	kind := r.EventType
	switch kind {
	case eve.TypeHTTP:
		if r.AppProto == "http2" || r.AppProto == "doh2" {
			kind = "http2"
		}
	case "fileinfo":
		kind = "files"
	case "bittorrent_dht":
		kind = "bittorrent-dht"
	case "ftp_data":
		kind = "ftp"
	case "packet": // which rules with the tag keyword ask for
		kind = "alert"
	}
	if s.types == nil {
		return kind != "drop" && kind != "frame" && kind != "netflow" && kind != "arp" && kind != "pgsql"
	}
	return s.types[kind] != nil
}

// option returns an option of a record type.
func (s *Settings) option(kind, name string) *yamlconf.Conf { return s.types[kind].At(name) }

// Parse sets what rules are read with.
func (s *Settings) Parse(opt *parse.Options) error {
	for _, group := range []string{"vars.address-groups", "vars.port-groups"} {
		vars := s.conf.At(group)
		for _, name := range vars.Keys() {
			if v := vars.At(name).String(""); v != "" {
				opt.Vars[name] = v
			}
		}
	}
	if name := s.file(s.conf.At("classification-file").String("")); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("sensorconf: %w", err)
		}
		opt.Classes = rule.DefaultClasses()
		classes, _ := rule.ParseClasses(name, text)
		for k, v := range classes {
			opt.Classes[k] = v
		}
	}
	if name := s.file(s.conf.At("reference-config-file").String("")); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("sensorconf: %w", err)
		}
		opt.ReferenceURLs = rule.DefaultReferences()
		refs, _ := rule.ParseReferences(name, text)
		for k, v := range refs {
			opt.ReferenceURLs[k] = v
		}
	}
	return nil
}

// Thresholds applies the threshold file to the rules.
func (s *Settings) Thresholds(rules []*rule.Rule, vars map[string]string, warn func(string, ...any)) error {
	name := s.file(s.conf.At("threshold-file").String(""))
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("sensorconf: %w", err)
	}
	for _, err := range option.Thresholds(string(text), rules, vars) {
		warn("%s: %v", name, err)
	}
	return nil
}

// Engine sets what the engine follows and looks at.
func (s *Settings) Engine(c *engine.Config) {
	stream := s.conf.At("stream")
	c.Session.Midstream = stream.At("midstream").Bool(false)
	c.Session.OneSided = stream.At("async-oneside").Bool(false)
	c.Inline = c.Inline || stream.At("inline").Bool(false)
	c.AnyVLAN = !s.conf.At("vlan.use-for-tracking").Bool(true)
	http := s.conf.At("app-layer.protocols.http.libhtp.default-config")
	c.Readers.HTTP.Layers = int(http.At("response-body-decompress-layer-limit").Size(0))
	c.Readers.HTTP.RequestBody = bodyLimit(http.At("request-body-limit"))
	c.Readers.HTTP.ResponseBody = bodyLimit(http.At("response-body-limit"))
	s.apps(c)
	s.records(c)
	if s.types != nil {
		files := s.types["files"]
		c.FileMagic = files.At("force-magic").Bool(false)
		c.FileHashes = s.hashes(files)
	}
}

// bodyLimit reads a limit, for which 0 means none.
func bodyLimit(c *yamlconf.Conf) int {
	n := c.Size(-1)
	switch {
	case n < 0:
		return 0
	case n == 0 || n > maxBodyLimit:
		return maxBodyLimit
	}
	return int(n)
}

// maxBodyLimit bounds the bodies that a configuration wants looked at.
const maxBodyLimit = 16 << 20

// apps switches recognition.
func (s *Settings) apps(c *engine.Config) {
	apps := s.conf.At("app-layer.protocols")
	c.Apps.On, c.Apps.Off = appid.Protos{}, appid.Protos{}
	for _, name := range apps.Keys() {
		p, ok := parse.Proto(name)
		enabled := apps.At(name + ".enabled")
		if !ok || !enabled.Exists() {
			continue
		}
		if enabled.Bool(true) {
			c.Apps.On[p] = true
		} else {
			c.Apps.Off[p] = true
		}
	}
}

// reputations reads the lists behind the iprep keyword: categories "id,name,text" and
// entries "address,id,score".
func (s *Settings) reputations() error {
	names := s.file(s.conf.At("reputation-categories-file").String(""))
	files := s.conf.At("reputation-files").List()
	if names == "" || len(files) == 0 {
		return nil
	}
	categories := map[string]string{}
	if err := eachEntry(names, func(f []string) {
		if len(f) >= 2 {
			categories[f[0]] = f[1]
		}
	}); err != nil {
		return err
	}
	type key struct {
		net      netip.Prefix
		category string
	}
	scores := map[key]int64{}
	var sizes [129]bool
	for _, file := range files {
		name := file.String("")
		if !filepath.IsAbs(name) {
			name = filepath.Join(s.conf.At("default-reputation-path").String(""), name)
		}
		name = s.file(name)
		err := eachEntry(name, func(f []string) {
			net, ok := prefixOf(f[0])
			if !ok || len(f) < 3 {
				return
			}
			var score int64
			if _, err := fmt.Sscan(f[2], &score); err == nil && score >= 0 && score <= 127 {
				scores[key{net, categories[f[1]]}], sizes[net.Bits()] = score, true
			}
		})
		if err != nil {
			return err
		}
	}
	s.Places.Reputation = func(a netip.Addr, category string) (int64, bool) {
		for bits := a.BitLen(); bits >= 0; bits-- {
			if !sizes[bits] {
				continue
			}
			net, err := a.Prefix(bits)
			if v, ok := scores[key{net, category}]; err == nil && ok {
				return v, true
			}
		}
		return 0, false
	}
	return nil
}

func prefixOf(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err == nil
}

// eachEntry calls f for each line of a list, split at commas.
func eachEntry(name string, f func(fields []string)) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("sensorconf: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, ",")
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		f(fields)
	}
	return nil
}
