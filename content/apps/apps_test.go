package apps

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func load(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The compilation is as large as promised, and no two applications claim the same.
func TestCompilation(t *testing.T) {
	t.Parallel()
	c := load(t)
	if len(c.Apps) < 200 || len(c.Categories) < 12 {
		t.Errorf("%d applications in %d categories", len(c.Apps), len(c.Categories))
	}
	said := map[string]string{}
	claim := func(what, id string) {
		t.Helper()
		if said[what] != "" {
			t.Errorf("%s is claimed by %s and %s", what, said[what], id)
		}
		said[what] = id
	}
	for _, a := range c.Apps {
		if len(a.Names)+len(a.Protos)+len(a.Ports)+len(a.JA4)+len(a.Nets) == 0 {
			t.Errorf("%s cannot be told by anything", a.ID)
		}
		for _, n := range a.Names {
			claim(n, a.ID)
		}
		for _, p := range a.Protos {
			claim(p, a.ID)
		}
		for _, j := range a.JA4 {
			claim(j, a.ID)
		}
		for _, n := range a.Nets {
			claim(n.String(), a.ID)
		}
	}
	// A name below one of the same application says nothing new.
	for n, id := range said {
		for {
			_, rest, ok := strings.Cut(n, ".")
			if !ok {
				break
			}
			if said[rest] == id && id != "encrypted-dns" { // whose names are of another room
				t.Errorf("%s: %s is below %s already", id, n, rest)
			}
			if said[rest] != "" {
				break
			}
			n = rest
		}
	}
}

// What companies ask about is there, in the category that they expect.
func TestKnownOnes(t *testing.T) {
	t.Parallel()
	c := load(t)
	for id, category := range map[string]string{
		"line": "messenger", "teams": "meeting", "zoom": "meeting", "slack": "meeting", "chatwork": "meeting", "dropbox": "storage", "box": "storage", "onedrive": "storage",
		"google-drive": "storage", "firestorage": "storage", "gigafile": "storage", "anydesk": "remote", "teamviewer": "remote", "chrome-remote-desktop": "remote",
		"rustdesk": "remote", "bittorrent": "p2p", "tor": "tunnel", "nordvpn": "tunnel", "chatgpt": "ai", "gemini": "ai", "claude": "ai", "copilot": "ai", "deepseek": "ai",
		"amazon": "shopping", "rakuten": "shopping", "yahoo-shopping": "shopping", "mercari": "shopping", "youtube": "media", "spotify": "media", "steam": "game",
		"x": "social", "facebook": "social", "fanza": "adult", "jra": "gambling", "boatrace": "gambling", "freee": "business", "moneyforward": "business", "yayoi": "business",
		"kintone": "business", "etax": "business", "eltax": "business", "mufg": "banking", "windows-update": "system", "apple-update": "system", "ntp": "system", "akamai": "cloud",
	} {
		a, ok := c.App(id)
		if !ok || a.Category != category {
			t.Errorf("%s: %+v, want category %s", id, a, category)
		}
		if _, ok := c.Category(a.Category); !ok {
			t.Errorf("%s: no category %q", id, a.Category)
		}
	}
	for _, id := range []string{"ai", "storage"} {
		if k, _ := c.Category(id); !k.Uploads {
			t.Errorf("what is sent to %s is not marked", id)
		}
	}
}

func TestAdditions(t *testing.T) {
	t.Parallel()
	c := load(t)
	n := len(c.Apps)
	err := c.Add([]byte(`
[[app]]
id = "orders"
ja = "受発注システム"
en = "Order system"
category = "business"
names = ["Orders.Example.JP."]
nets = ["203.0.113.7/24"]
ports = ["tcp/8443", "udp/9000-9010"]

[[app]]
id = "zoom"
names = ["zoom.example.com"]
`))
	if err != nil {
		t.Fatal(err)
	}
	a, ok := c.App("orders")
	if !ok || len(c.Apps) != n+1 || a.Names[0] != "orders.example.jp" || a.Nets[0].String() != "203.0.113.0/24" || a.Use != Business ||
		a.Ports[1] != (Ports{UDP: true, First: 9000, Last: 9010}) {
		t.Errorf("%+v", a)
	}
	if z, _ := c.App("zoom"); !slices.Contains(z.Names, "zoom.example.com") || !slices.Contains(z.Names, "zoom.us") || z.Ja != "Zoom" {
		t.Errorf("%+v", z)
	}
}

func TestMalformedAdditions(t *testing.T) {
	t.Parallel()
	app := func(rest string) string {
		return "[[app]]\nid = \"own-x\"\nja = \"X\"\ncategory = \"business\"\n" + rest
	}
	for name, text := range map[string]string{
		"not TOML":              "[[app",
		"unknown field":         app("colour = \"red\""),
		"no id":                 "[[app]]\nja = \"X\"\ncategory = \"business\"",
		"id of other letters":   "[[app]]\nid = \"X y\"\nja = \"X\"\ncategory = \"business\"",
		"id too long":           "[[app]]\nid = \"" + strings.Repeat("x", MaxWord+1) + "\"\nja = \"X\"\ncategory = \"business\"",
		"no name":               "[[app]]\nid = \"own-x\"\ncategory = \"business\"",
		"name that turns text":  "[[app]]\nid = \"own-x\"\nja = \"a\\u202eb\"\ncategory = \"business\"",
		"no category":           "[[app]]\nid = \"own-x\"\nja = \"X\"",
		"unknown category":      "[[app]]\nid = \"own-x\"\nja = \"X\"\ncategory = \"nonsense\"",
		"unknown use":           app(`use = "fun"`),
		"one label":             app(`names = ["com"]`),
		"empty label":           app(`names = ["a..example"]`),
		"address as a name":     app(`names = ["a b.example"]`),
		"international name":    app(`names = ["日本語.jp"]`),
		"protocol":              app(`protos = ["tcp"]`),
		"port 0":                app(`ports = ["tcp/0"]`),
		"port past the end":     app(`ports = ["tcp/65536"]`),
		"ports the wrong way":   app(`ports = ["tcp/20-10"]`),
		"port without protocol": app(`ports = ["443"]`),
		"everything":            app(`nets = ["0.0.0.0/0"]`),
		"everything of IPv6":    app(`nets = ["::/0"]`),
		"mapped range":          app(`nets = ["::ffff:192.0.2.0/120"]`),
		"no range":              app(`nets = ["192.0.2.0"]`),
		"no fingerprint":        app(`ja4 = ["t13d1516h2"]`),
		"a category of its own": "ja = \"X\"\nen = \"X\"\nuse = \"business\"",
		"groups":                "[[group]]\nsource = [\"x\"]\napps = []",
		"too long":              strings.Repeat("# \n", MaxFile/2),
	} {
		c := load(t)
		n := len(c.Apps)
		if err := c.Add([]byte(text)); !errors.Is(err, ErrData) || len(err.Error()) > 600 {
			t.Errorf("%s: %v", name, err)
		}
		if len(c.Apps) != n {
			t.Errorf("%s: changed something", name)
		}
	}
}

// FuzzAdd: no file is a panic, and what is accepted keeps to the limits.
func FuzzAdd(f *testing.F) {
	for _, s := range []string{"[[app]]\nid = \"own-x\"\nja = \"X\"\ncategory = \"ai\"\nnames = [\"a.example\"]\nports = [\"udp/1-2\"]\nnets = [\"192.0.2.0/24\"]", "ja = 1", "[[app]]"} {
		f.Add([]byte(s))
	}
	c := load(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		mine := c.Copy()
		if mine.Add(text) != nil {
			return
		}
		for _, a := range mine.Apps {
			if !word(a.ID) || !label(a.Ja) || !label(a.En) || !a.Use.known() {
				t.Errorf("%+v", a)
			}
			if _, ok := mine.Category(a.Category); !ok {
				t.Errorf("%s: no category %q", a.ID, a.Category)
			}
		}
	})
}
