package yamlconf

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sensor is a configuration as the field's sensors ship it, shortened.
const sensor = `%YAML 1.1
---
vars:
  address-groups:
    HOME_NET: "[192.168.0.0/16,10.0.0.0/8]"
    EXTERNAL_NET: "!$HOME_NET"
default-rule-path: /var/lib/suricata/rules
rule-files:
  - suricata.rules
  - local.rules
outputs:
  - fast:
      enabled: no
  - eve-log:
      enabled: yes
      filename: eve.json
      types:
        - alert:
            payload: yes
            payload-buffer-size: 4 KiB
        - http
        - dns:
        - files:
            force-hash: [md5, sha256]
app-layer:
  protocols:
    modbus:
      enabled: "no"
stream:
  memcap: 64mb
  depth: 1mb
  midstream: off
`

// written makes files in a folder and reads the first.
func written(t *testing.T, files ...string) (*Conf, error) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		if err := os.WriteFile(filepath.Join(dir, files[i]), []byte(files[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Read(filepath.Join(dir, files[0]))
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"as shipped": sensor, "lines end with CR LF": strings.ReplaceAll(sensor, "\n", "\r\n"), "no version": sensor[strings.Index(sensor, "vars"):]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := written(t, "a.yaml", text)
			if err != nil {
				t.Fatal(err)
			}
			for path, want := range map[string]string{
				"vars.address-groups.HOME_NET": "[192.168.0.0/16,10.0.0.0/8]", "rule-files.1": "local.rules", "outputs.eve-log.filename": "eve.json",
				"outputs.1.eve-log.types.alert.payload": "yes", "outputs.eve-log.types.3.files.force-hash.0": "md5", "no.such.path": "none", "rule-files.9": "none",
				"rule-files.-1": "none", "vars": "none", "rule-files": "none", "": "none", "default-rule-path.more": "none",
			} {
				if got := c.At(path).String("none"); got != want {
					t.Errorf("%s: %q, want %q", path, got, want)
				}
			}
			for path, want := range map[string]bool{"outputs.fast.enabled": false, "outputs.eve-log.enabled": true, "app-layer.protocols.modbus.enabled": false,
				"stream.midstream": false, "no.such": true, "stream.memcap": true} {
				if got := c.At(path).Bool(true); got != want {
					t.Errorf("%s: %v", path, got)
				}
			}
			for path, want := range map[string]bool{"outputs.eve-log": true, "outputs.eve-log.types.http": true, "outputs.eve-log.types.dns": true, "outputs.eve-log.types.tls": false, "no": false} {
				if c.At(path).Exists() != want {
					t.Errorf("%s exists: %v", path, !want)
				}
			}
			if got := c.At("stream.memcap").Size(0); got != 64<<20 {
				t.Error(got)
			}
			if got := c.At("outputs.eve-log.types.alert.payload-buffer-size").Size(0); got != 4<<10 {
				t.Error(got)
			}
		})
	}
}

func TestKeysAndLists(t *testing.T) {
	t.Parallel()
	c, err := written(t, "a.yaml", sensor)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"alert", "http", "dns", "files"}, c.At("outputs.eve-log.types").Keys()); d != "" {
		t.Error(d)
	}
	keys := c.At("vars.address-groups").Keys()
	if slices.Sort(keys); !slices.Equal(keys, []string{"EXTERNAL_NET", "HOME_NET"}) {
		t.Error(keys)
	}
	texts := func(path string) (out []string) {
		for _, e := range c.At(path).List() {
			out = append(out, e.String("?"))
		}
		return out
	}
	for path, want := range map[string][]string{"rule-files": {"suricata.rules", "local.rules"}, "default-rule-path": {"/var/lib/suricata/rules"}, "no": nil, "app-layer.protocols": {"?"}} {
		if d := cmp.Diff(want, texts(path)); d != "" {
			t.Error(path, d)
		}
	}
	var none *Conf
	if none.Exists() || none.At("a").Exists() || none.String("x") != "x" || none.Keys() != nil || none.List() != nil {
		t.Error("nothing has nothing")
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"4096": 4096, "100 KiB": 100 << 10, "1mb": 1 << 20, "2 GB": 2 << 30, "5b": 5, "0": 0,
		"": -1, "much": -1, "-1": -1, "-1kb": -1, "1.5mb": -1, "99999999999gb": -1, "9999999999999999999": -1, "kb": -1} {
		var c Conf
		if c.Set("a", text); c.At("a").Size(-1) != want {
			t.Errorf("%q: %d, want %d", text, c.At("a").Size(-1), want)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, ask string }{
		"what is there":            {"stream.memcap", "stream.memcap"},
		"what is not":              {"stream.reassembly.depth", "stream.reassembly.depth"},
		"an element by its number": {"rule-files.0", "rule-files.0"},
		"one more":                 {"rule-files.2", "rule-files.2"},
		"by its number, deeper":    {"outputs.1.eve-log.filename", "outputs.eve-log.filename"},
		"by its name":              {"outputs.eve-log.filename", "outputs.1.eve-log.filename"},
		"of a name alone":          {"outputs.eve-log.types.http.extended", "outputs.eve-log.types.http.extended"},
		"of a name without values": {"outputs.eve-log.types.dns.enabled", "outputs.eve-log.types.2.dns.enabled"},
		"of a name that is not":    {"outputs.eve-log.types.tls.extended", "outputs.eve-log.types.4.tls.extended"},
		"in place of a part":       {"vars", "vars"},
		"below a text":             {"default-rule-path.a", "default-rule-path.a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf, err := written(t, "a.yaml", sensor)
			if err != nil {
				t.Fatal(err)
			}
			conf.Set(c.path, "new")
			if got := conf.At(c.ask).String("none"); got != "new" {
				t.Errorf("%s: %q", c.ask, got)
			}
			if c.path != "vars" && conf.At("vars.address-groups.EXTERNAL_NET").String("") != "!$HOME_NET" {
				t.Error("something else has changed")
			}
		})
	}
	conf, err := written(t, "a.yaml", sensor)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"rule-files.99", "rule-files.-1", "rule-files.99999999"} {
		if conf.Set(path, "x"); len(conf.At("rule-files").List()) != 2 {
			t.Errorf("%s makes elements between", path)
		}
	}
	if conf, err = written(t, "a.yaml", "%YAML 1.1\r\n---"); err != nil {
		t.Fatal(err)
	}
	if conf.Set("a.b", "c"); conf.At("a.b").String("") != "c" {
		t.Error("a file without contents")
	}
	var empty Conf
	if empty.Set("a.b", "c"); empty.At("a.b").String("") != "c" {
		t.Error("an empty one")
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	c, err := written(t, "a.yaml", "include: [b.yaml, c.yaml]\nb: mine\n", "b.yaml", "b: of b\nc: of b\nd: of b\n", "c.yaml", "include: d.yaml\nc: of c\n", "d.yaml", "c: of d\ne: of d\n")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"b": "mine", "c": "of c", "d": "of b", "e": "of d"} {
		if got := c.At(path).String("none"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []string
		want  error
	}{
		"no mapping":           {[]string{"a", "- a\n"}, ErrFormat},
		"a text":               {[]string{"a", "hello"}, ErrFormat},
		"brackets open":        {[]string{"a", "a: [1, 2\n"}, ErrFormat},
		"brackets in brackets": {[]string{"a", "a: " + strings.Repeat("[", 100_000)}, ErrFormat},
		"a version inside":     {[]string{"a", "a: 1\n%YAML 1.1\n---"}, ErrFormat},
		"tabs":                 {[]string{"a", "a:\n\tb: 1\n"}, ErrFormat},
		"includes itself":      {[]string{"a", "include: a\n"}, ErrDepth},
		"includes in circles":  {[]string{"a", "include: b\n", "b", "include: a\n"}, ErrDepth},
		"includes nothing":     {[]string{"a", "include: b\n"}, os.ErrNotExist},
		"included, malformed":  {[]string{"a", "include: b\n", "b", "- x"}, ErrFormat},
		"too large":            {[]string{"a", strings.Repeat("# remark\n", maxSize/9+1)}, ErrSize},
		"without end":          {[]string{"a", "include: /dev/zero\n"}, ErrSize},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := written(t, c.files...); !errors.Is(err, c.want) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	for name, text := range map[string]string{"nothing": "", "remarks": "# a\n", "a version alone": "%YAML 1.1\r\n---", "a key twice, the last counts": "a: 1\na: 2\n", "an alias in itself": "a: &a [*a]\n"} {
		if _, err := written(t, "a", text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Aliases of aliases are not written out: these would be three to the power of thirty.
func TestAliases(t *testing.T) {
	t.Parallel()
	text := "a0: &a0 [x]\n"
	for i := range 30 {
		text += fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i)
	}
	c, err := written(t, "a.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.At("a30.0.0.0").List(); len(got) != 3 {
		t.Errorf("%d elements", len(got))
	}
}

// FuzzParse: no text panics, and whatever was read can be asked and changed.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sensor), "outputs.eve-log.types.http.extended")
	f.Add([]byte("a: &a [1, *a]\nb: {c: [d, e: f]}\n"), "b.c.e.0")
	f.Add([]byte("%YAML 1.1\r\n---\r\na: 1\na: 2\n"), "a.5.b")
	f.Fuzz(func(t *testing.T, text []byte, path string) {
		if len(text) > 2000 || len(path) > 200 {
			t.Skip("longer than what shows anything new; the library's time grows with the square")
		}
		root, err := parse(text)
		if err != nil {
			return
		}
		c := &Conf{root}
		part := c.At(path)
		part.Keys()
		part.Size(0)
		part.Bool(false)
		for _, e := range part.List() {
			e.Exists()
		}
		c.Set(path, "new")
	})
}
