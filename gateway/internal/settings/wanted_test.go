package settings

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/filter"
	"otasuke/wire"
)

// wishes loads a configuration beside what the company wants by way of the centre.
func wishes(t *testing.T, file string, p *wire.Policy) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	if err := p.Seal(); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "box.toml")
	if err := os.WriteFile(filepath.Join(dir, "policy.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, fmt.Appendf(nil, "state_dir = %q\nports = [\"eth0\", \"eth1\"]\n%s", dir, file), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(conf)
	if err != nil {
		t.Fatal(err)
	}
	return &c, c.RenewPolicy()
}

// What the box's own file says explicitly wins, lists add up, and what one device may not is let through to others.
func TestPolicyBesideTheFile(t *testing.T) {
	t.Parallel()
	stop := func(kind, value string) wire.Stop {
		return wire.Stop{Kind: kind, Value: value, Category: "phishing", Until: time.Now().Add(time.Hour).UTC()}
	}
	p := func() *wire.Policy {
		return &wire.Policy{EncryptedDNS: wire.DNSBlock, Files: wire.FilesStop, Deny: []string{"game.example", "ours.example"}, Allow: []string{"shop.example"},
			Stops:     []wire.Stop{stop(wire.StopName, "evil.example"), stop(wire.StopName, "ours2.example"), stop(wire.StopAddr, "203.0.113.9"), stop(wire.StopPage, "http://web.example/bad"), {Kind: wire.StopName, Value: "old.example", Category: "c2", Until: time.Unix(1, 0).UTC()}},
			StopFiles: []wire.StopFile{{SHA256: strings.Repeat("ab", 32), Until: time.Now().Add(time.Hour).UTC()}, {SHA256: strings.Repeat("cd", 32), Until: time.Unix(1, 0).UTC()}},
			Groups:    map[string][]string{"経理": {"02:00:00:00:00:01"}},
			Blocks:    []wire.PolicyBlock{{Categories: []string{"ai"}, Except: []string{"chatgpt"}}, {Applications: []string{"zoom", "of-tomorrow"}, Groups: []string{"経理"}}}}
	}
	c, err := wishes(t, "", p())
	if err != nil {
		t.Fatal(err)
	}
	lists, _, errs := c.ReadLists()
	if errs != nil {
		t.Fatal(errs)
	}
	blocked := func(l *filter.Lists, name string) bool {
		list, ok := l.Name(filter.Device{}, []byte(name))
		return ok && (list.Action == filter.Block || list.Action == filter.Deny)
	}
	for name, want := range map[string]bool{"a.game.example": true, "shop.example": false, "evil.example": true, "x.evil.example": true, "old.example": false, "dns.google": true} {
		if got := blocked(lists, name); got != want {
			t.Errorf("%s is blocked: %v", name, got)
		}
	}
	if list, _ := lists.Name(filter.Device{}, []byte("evil.example")); list.Name != listStops || list.Category != "phishing" {
		t.Errorf("%+v", list)
	}
	if got := c.StopFiles(); !slices.Equal(got, []string{strings.Repeat("ab", 32)}) {
		t.Errorf("files %v", got)
	}
	if !c.StopsSuspicious() || len(c.OwnKeys()) != 0 {
		t.Errorf("files %v, own keys %v", c.StopsSuspicious(), c.OwnKeys())
	}
	known, err := c.KnownApplications()
	if err != nil {
		t.Fatal(err)
	}
	uses := func(id string, mac byte) bool {
		return known.Policy().Blocks(&apps.Flow{App: known.Table().Find(id), By: apps.ByName}, filter.Device{MAC: [6]byte{2, 0, 0, 0, 0, mac}})
	}
	if uses("chatgpt", 9) || !uses("gemini", 9) || uses("zoom", 9) || !uses("zoom", 1) {
		t.Error(uses("chatgpt", 9), uses("gemini", 9), uses("zoom", 9), uses("zoom", 1))
	}
	if c.WantedLeftOut() == "" {
		t.Error("an application that is not known here is not told")
	}
	// The file has the last word.
	c, err = wishes(t, `encrypted_dns = "off"
stop_suspicious_files = false
[groups]
"経理" = ["02:00:00:00:00:07"]
[[list]]
name = "ours"
allow = true
entries = ["ours.example", "ours2.example"]
`, p())
	if err != nil {
		t.Fatal(err)
	}
	if lists, _, errs = c.ReadLists(); errs != nil {
		t.Fatal(errs)
	}
	if blocked(lists, "dns.google") || c.StopsSuspicious() || !blocked(lists, "ours.example") || blocked(lists, "ours2.example") {
		t.Error("encrypted DNS, files, a denial beside a permission, a danger beside a permission:", blocked(lists, "dns.google"), c.StopsSuspicious(), blocked(lists, "ours.example"), blocked(lists, "ours2.example"))
	}
	if known, err = c.KnownApplications(); err != nil || uses("zoom", 1) || !uses("zoom", 7) {
		t.Error("the file's group does not count", err)
	}
	if got := c.OwnKeys(); !slices.Equal(got, []string{"encrypted_dns", "stop_suspicious_files", "list"}) {
		t.Error(got)
	}
	if c, err = wishes(t, "no_policy = true\n", p()); err != nil || c.Policy != nil {
		t.Error("taken although the file says no", err)
	}
}

// Names for a group of devices are blocked and let through for its devices alone; what all may not, they may not either.
func TestNamesOfAGroup(t *testing.T) {
	t.Parallel()
	c, err := wishes(t, "", &wire.Policy{Deny: []string{"game.example"}, Groups: map[string][]string{"会議室": {"02:00:00:00:00:01", "192.168.2.0/24"}},
		Names: []wire.PolicyNames{{Deny: []string{"video.example"}, Allow: []string{"game.example", "shop.example"}, Groups: []string{"会議室"}}},
		Stops: []wire.Stop{{Kind: wire.StopName, Value: "shop.example", Category: "phishing", Until: time.Now().Add(time.Hour).UTC()}}})
	if err != nil {
		t.Fatal(err)
	}
	lists, _, errs := c.ReadLists()
	if errs != nil {
		t.Fatal(errs)
	}
	in, at, out := filter.Device{MAC: [6]byte{2, 0, 0, 0, 0, 1}}, filter.Device{Addr: netip.MustParseAddr("192.168.2.77")}, filter.Device{MAC: [6]byte{2, 0, 0, 0, 0, 2}, Addr: netip.MustParseAddr("192.168.3.1")}
	for _, x := range []struct {
		name string
		who  filter.Device
		want bool
	}{{"www.video.example", in, true}, {"video.example", at, true}, {"video.example", out, false}, {"game.example", in, true}, {"game.example", out, true}, {"shop.example", in, false}, {"shop.example", out, true}} {
		list, ok := lists.Name(x.who, []byte(x.name))
		if got := ok && (list.Action == filter.Block || list.Action == filter.Deny); got != x.want {
			t.Errorf("%s for %v is blocked: %v", x.name, x.who, got)
		}
	}
	if c, err := wishes(t, "", &wire.Policy{Names: []wire.PolicyNames{{Deny: []string{"video.example"}, Groups: []string{"nobody"}}}}); err == nil || c.Policy != nil {
		t.Errorf("a group that is not there: %v", err)
	}
}

// What would not do changes nothing.
func TestPolicyThatWouldNotDo(t *testing.T) {
	t.Parallel()
	c, err := wishes(t, "", &wire.Policy{Deny: []string{"game.example"}, Blocks: []wire.PolicyBlock{{Categories: []string{"ai"}, Groups: []string{"nobody"}}}})
	if err == nil || c.Policy != nil {
		t.Errorf("%+v, %v", c.Policy, err)
	}
	if _, err := c.KnownApplications(); err != nil {
		t.Error("the box does not start:", err)
	}
}
