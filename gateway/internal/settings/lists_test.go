package settings

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/gateway/internal/filter"
)

// loaded reads a configuration with the given text behind the least that it needs.
func loaded(t *testing.T, text string) (Config, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "box.toml")
	if err := os.WriteFile(path, []byte("state_dir = \""+dir+"\"\nports = [\"eth0\", \"eth1\"]\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestListErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"unknown setting of resolvers", `encrypted_dns = "yes"`, `encrypted_dns = "yes"`},
		{"unknown format", "[[list]]\nname = \"l\"\nentries = [\"a.example\"]\nformat = \"squid\"", `list "l": "squid" is no format`},
		{"unknown group", "[[list]]\nname = \"l\"\nentries = [\"a.example\"]\ngroups = [\"kids\"]", `no group has this name: "kids"`},
		{"bad member", "[groups]\nkids = [\"tablet\"]", `group "kids": "tablet" is neither`},
		{"both ways", "[[list]]\nname = \"l\"\nentries = [\"a.example\"]\nallow = true\ndeny = true", "exclude each other"},
		{"nothing in it", "[[list]]\nname = \"l\"", `list "l"`},
		{"all in order", "encrypted_dns = \"block\"\n[groups]\nkids = [\"02:00:00:00:00:01\", \"192.168.1.0/24\", \"fd00::1\"]\n[[list]]\nname = \"l\"\nentries = [\"a.example\"]\ngroups = [\"kids\"]\nformat = \"rpz\"\ndeny = true", ""},
	} {
		_, err := loaded(t, tt.text)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// What an office writes into its configuration is what its devices may reach.
func TestCompanyLists(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(file, []byte("$TTL 60\nevil.example CNAME .\nneeded.example CNAME .\nwork.example CNAME .\nbad line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loaded(t, fmt.Sprintf(`
[groups]
kids = ["192.168.1.64/26"]
[[list]]
name = "zone"
category = "malware"
file = %q
entries = ["198.51.100.1"]
[[list]]
name = "ours"
allow = true
entries = ["needed.example", "work.example"]
[[list]]
name = "not here"
deny = true
entries = ["work.example"]
[[list]]
name = "games"
category = "games"
groups = ["kids"]
entries = ["play.example"]
`, file))
	if err != nil {
		t.Fatal(err)
	}
	l, n, errs := c.ReadLists()
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), `list "zone": 1 lines left out, 3 entries read as rpz; the first: line 5`) || n != 5 {
		t.Errorf("%d entries, %v", n, errs)
	}
	desk, tablet := filter.Device{Addr: netip.MustParseAddr("192.168.1.2")}, filter.Device{Addr: netip.MustParseAddr("192.168.1.65")}
	for _, tt := range []struct {
		d          filter.Device
		name, want string
	}{
		{desk, "evil.example", "malware"}, {desk, "needed.example", ""}, {desk, "work.example", "company"}, {desk, "play.example", ""}, {tablet, "play.example", "games"},
		{desk, "dns.google", "encrypted-dns"}, {desk, "mozilla.cloudflare-dns.com", "encrypted-dns"}, {desk, "use-application-dns.net", ""},
	} {
		got, ok := l.Name(tt.d, []byte(tt.name))
		if ok != (tt.want != "") || got.Category != tt.want || tt.want == "encrypted-dns" && got.Action != filter.Report {
			t.Errorf("%s: %+v %v", tt.name, got, ok)
		}
	}
	if _, ok := l.Addr(desk, netip.MustParseAddr("198.51.100.1"), 1); !ok {
		t.Error("entries beside the file do not count")
	}
}

// A reload takes what the file says of lists now; a file with a mistake changes nothing.
func TestRenewLists(t *testing.T) {
	t.Parallel()
	c, err := loaded(t, "[[list]]\nname = \"a\"\nentries = [\"a.example\"]\n")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ old, new, want string }{
		{"a.example", "b.example", "b.example"},
		{"entries = [\"b.example\"]", "entries = \"c.example\"", "b.example"},
		{"entries = \"c.example\"", "deny = true\nentries = [\"d.example\"]", "d.example"},
	} {
		text = []byte(strings.ReplaceAll(string(text), step.old, step.new))
		if err := os.WriteFile(c.Path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.RenewLists(); (err != nil) != strings.Contains(string(text), "c.example") {
			t.Errorf("%s: %v", step.new, err)
		}
		l, _, errs := c.ReadLists()
		if _, ok := l.Name(filter.Device{}, []byte(step.want)); !ok || errs != nil {
			t.Errorf("%s: %s is not listed: %v", step.new, step.want, errs)
		}
	}
	if err := (&Config{}).RenewLists(); err != nil {
		t.Errorf("without a file: %v", err)
	}
}

// The ways round the lists, by setting.
func TestEncryptedDNS(t *testing.T) {
	t.Parallel()
	google := netip.MustParseAddr("8.8.8.8")
	for setting, want := range map[string]string{"report": "1 443:1 853:1 53:- canary:-", "block": "0 443:0 853:0 53:- canary:quiet", "off": "- 443:- 853:- 53:- canary:-"} {
		c, err := loaded(t, "encrypted_dns = \""+setting+"\"")
		if err != nil {
			t.Fatal(err)
		}
		l, n, errs := c.ReadLists()
		if n != 0 || errs != nil {
			t.Error(n, errs)
		}
		action := func(list filter.List, ok bool) string {
			switch {
			case !ok:
				return "-"
			case list.Quiet:
				return "quiet"
			}
			return fmt.Sprint(list.Action)
		}
		got := action(l.Name(filter.Device{}, []byte("dns.google")))
		for _, port := range []uint16{443, 853, 53} {
			got += fmt.Sprintf(" %d:%s", port, action(l.Addr(filter.Device{}, google, port)))
		}
		if got += " canary:" + action(l.Name(filter.Device{}, []byte("use-application-dns.net"))); got != want {
			t.Errorf("%s: %s, want %s", setting, got, want)
		}
	}
}
