package settings

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/rule"
)

var fingerprint = strings.Repeat("ab", 32)

// Each mistake in a configuration is said with the key that it is about.
func TestConfigErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(list, []byte("evil.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const good = "state_dir = \"/s\"\nports = [\"eth0\", \"eth1\"]\n"
	tests := []struct{ name, text, want string }{
		{"good", good, ""},
		{"good with centre", good + "centre_url = \"https://c.example:8443/\"\ncentre_fingerprint = \"" + fingerprint + "\"\n", ""},
		{"good with a list", good + "[[list]]\nname = \"l\"\ncategory = \"c2\"\nfile = \"" + list + "\"\n", ""},
		{"good relay", "state_dir = \"/s\"\neve_input = \"/var/log/suricata/eve.json\"\ncentre_url = \"https://c\"\ncentre_fingerprint = \"" + fingerprint + "\"\n", ""},
		{"good scanner", good + "clamd = \"run\"\n", ""},
		{"scanner of another name", good + "clamd = \"yes\"\n", "write \"run\""},
		{"two scanners", good + "clamd = \"run\"\nclamd_socket = \"/s\"\n", "one of them"},
		{"empty", "", "state_dir is missing"},
		{"unknown key", good + "portz = 1\n", `unknown key "portz"`},
		{"unknown key of a list", good + "[[list]]\nurl = \"x\"\n", `unknown key "list.url"`},
		{"not TOML", "state_dir = \n", "line 1"},
		{"wrong type", "state_dir = 7\n", "state_dir"},
		{"no ports", "state_dir = \"/s\"\n", "ports needs the two"},
		{"one port", "state_dir = \"/s\"\nports = [\"eth0\"]\n", "ports needs the two"},
		{"no list file", good + "[[list]]\nname = \"mine\"\nfile = \"" + dir + "/none\"\n", `list "mine"`},
		{"bad network", good + "home = [\"192.168.0.0/33\"]\n", "home"},
		{"bad duration", good + "heartbeat = \"often\"\n", "heartbeat"},
		{"no fingerprint", good + "centre_url = \"https://c\"\n", "without centre_fingerprint"},
		{"short fingerprint", good + "centre_url = \"https://c\"\ncentre_fingerprint = \"abcd\"\n", "64 hexadecimal digits"},
		{"plain http", good + "centre_url = \"http://c\"\ncentre_fingerprint = \"" + fingerprint + "\"\n", "centre_url"},
		{"relay to nobody", "state_dir = \"/s\"\neve_input = \"x\"\n", "eve_input without centre_url"},
	}
	for _, tt := range tests {
		path := filepath.Join(dir, strings.ReplaceAll(tt.name, " ", "-"))
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path)
		if tt.want == "" {
			if err != nil || c.Path != path || c.Heartbeat != time.Minute || len(c.Home) == 0 || c.Queues == 0 {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := Load(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// Rules of several files: the newest revision of a sid counts, and the operator hears
// about the other; a bad rule costs only itself.
func TestLoadRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.rules": "alert tcp any any -> any any (msg:\"old\"; content:\"x\"; sid:1; rev:1;)\nalert tcp any any -> any any (msg:\"two\"; content:\"y\"; sid:2;)\n",
		"b.rules": "alert tcp any any -> any any (msg:\"new\"; content:\"x\"; sid:1; rev:2;)\n\nalert tcp any any -> any any (msg:\"bad\"; no-such-keyword; sid:3;)\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rules, refused, err := (&RuleSource{Files: []string{filepath.Join(dir, "*.rules")}}).Read()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rules {
		got = append(got, r.Msg)
	}
	if d := cmp.Diff([]string{"two", "new"}, got); d != "" {
		t.Error(d)
	}
	if len(refused) != 2 {
		t.Fatalf("refused: %v", refused)
	}
	sid1 := func(r rule.Refusal) bool { return r.SID == 1 && r.Line == 1 && strings.HasSuffix(r.File, "a.rules") }
	sid3 := func(r rule.Refusal) bool { return r.SID == 3 && r.Line == 3 && strings.HasSuffix(r.File, "b.rules") }
	if !sid3(refused[0]) || !sid1(refused[1]) {
		t.Errorf("refused: %+v", refused)
	}
	if _, _, err := (&RuleSource{Files: []string{filepath.Join(dir, "none*")}}).Read(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if builtin, bad, err := (&RuleSource{Builtin: true, Home: "[10.0.0.0/8]"}).Read(); err != nil || len(builtin) == 0 || len(bad) > 0 {
		t.Errorf("built-in rules: %d, %v, %v", len(builtin), bad, err)
	}
}

// A clamd of ours is looked for where it is run.
func TestOwnScanner(t *testing.T) {
	t.Parallel()
	c := Config{StateDir: "/s", Ports: []string{"a", "b"}, Clamd: ClamdRun}
	if err := c.Complete(); err != nil || c.ClamdSocket != "/s/clamd/socket" || c.ClamdDatabase != "/var/lib/clamav" {
		t.Errorf("%v, %+v", err, c)
	}
}
