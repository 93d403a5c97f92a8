package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/rule/policy"
)

// attacks are captures of the ordinary-application set that are no ordinary traffic, and
// what is rightly stopped in each.
var attacks = map[string]string{
	"log4j-webapp-exploit.pcap": "the log4j attack itself",
	"dns_exfiltration.pcap":     "data carried out in DNS questions",
	"bad-dns-traffic.pcap":      "a DNS tunnel: many long random names to one server",
	"smbv1.pcap":                "the probe for MS17-010: TRANS2 SESSION_SETUP, which no client sends",
}

// TestOrdinaryApplications: with the policy that is shipped, public rules stop nothing of
// ordinary applications.
func TestOrdinaryApplications(t *testing.T) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	dir := t.TempDir()
	rules := filepath.Join(dir, "et.rules")
	text, err := exec.Command("xz", "-dc", filepath.Join(data, "rules/et-open-composite-2025-07.rules.xz")).Output()
	if err == nil {
		err = os.WriteFile(rules, text, 0o600)
	}
	if err != nil {
		t.Skipf("the public rules cannot be unpacked: %v", err)
	}
	captures, out := filepath.Join(dir, "captures"), filepath.Join(dir, "out")
	if err := os.Mkdir(captures, 0o700); err != nil {
		t.Fatal(err)
	}
	if msg, err := exec.Command("tar", "-xJf", filepath.Join(data, "captures/ndpi-default-pcap-and-result.tar.xz"), "-C", captures).CombinedOutput(); err != nil {
		t.Skipf("the captures cannot be unpacked: %v %s", err, msg)
	}
	ips := policy.Default()
	builtin, err := filepath.Abs("../content/rules")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := Inspect(context.Background(), InspectConfig{Capture: captures, Each: true, Rules: []string{rules, filepath.Join(builtin, "*.rules")},
		Dir: out, Prevent: true, IPS: &ips, Warn: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d captures, %d packets, %d alerts, %d panics", sum.Captures, sum.Packets, sum.Alerts, sum.Panics)
	if sum.Panics > 0 || sum.Captures < 300 {
		t.Errorf("%d captures, %d panics", sum.Captures, sum.Panics)
	}
	stopped := map[string]bool{}
	err = filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := filepath.Base(filepath.Dir(path))
		for _, b := range blocked(t, path) {
			stopped[name] = true
			if attacks[name] == "" {
				t.Errorf("%s: %s", name, b)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, why := range attacks {
		if !stopped[name] {
			t.Errorf("%s passes, although it is %s", name, why)
		}
	}
}

// blocked are the signatures of an eve.json that stopped something.
func blocked(t *testing.T, path string) (out []string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !strings.Contains(lines.Text(), `"blocked"`) {
			continue
		}
		var r struct {
			Alert struct{ Action, Signature string }
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if r.Alert.Action == "blocked" {
			out = append(out, r.Alert.Signature)
		}
	}
	return out
}
