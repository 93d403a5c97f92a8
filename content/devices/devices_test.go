package devices

import (
	"slices"
	"testing"
	"time"
)

func load(t testing.TB) *Set {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whoever adds a fact says where it is from and how sure it is; words are there in both
// languages.
func TestComplete(t *testing.T) {
	t.Parallel()
	s := load(t)
	for i := range s.Hints {
		h := &s.Hints[i]
		if h.Source == "" || h.Sure < 5 || h.Sure > 95 || h.Kind == "" && h.OS == "" && h.Maker == "" || len(h.Is)+len(h.Starts)+len(h.Has) == 0 {
			t.Errorf("%+v is not complete", *h)
		}
		for _, p := range slices.Concat(h.Is, h.Starts, h.Has) {
			if len(p) < 2 {
				t.Errorf("%q of %s is too short", p, h.By)
			}
		}
	}
	for _, k := range s.Kinds {
		if k.Ja == "" || k.En == "" || k.LookJa == "" || k.LookEn == "" {
			t.Errorf("kind %+v", k)
		}
	}
	for _, o := range s.OSes {
		if o.Ja == "" || o.En == "" || o.Family == "" || !o.End.IsZero() && o.Source == "" {
			t.Errorf("system %+v", o)
		}
	}
	if _, ok := s.Kind(Unknown); !ok {
		t.Error("no word for what is not known")
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	s := load(t)
	for _, c := range []struct{ by, text, kind, os string }{
		{"dhcp-vendor", "MSFT 5.0", "pc", "windows"},
		{"dhcp-vendor", "android-dhcp-14", "phone", "android"},
		{"mdns-model", "MacBookPro18,3", "pc", "macos"},
		{"mdns-service", "_ipp._tcp", "printer", ""},
		{"wsd-type", "NetworkVideoTransmitter", "camera", ""},
		{"browser-os", "6.1", "pc", "windows-7"},
		{"lldp-role", "telephone", "telephone", ""},
		{"name", "BRN30055C123456", "printer", ""},
		{"maker", "BUFFALO.INC", "router", ""},
		{"host", "windowsupdate.com", "pc", "windows"},
		{"agent", "Mozilla/5.0 (Windows NT 6.1; Win64)", "pc", "windows-7"},
		{"mdns-service", "_ippx._tcp", "", ""},
		{"nothing", "MSFT 5.0", "", ""},
	} {
		kind, os := "", ""
		if hints := s.Of(c.by, c.text); len(hints) > 0 {
			kind, os = hints[0].Kind, hints[0].OS
		}
		if kind != c.kind || os != c.os {
			t.Errorf("%s %q: %q %q", c.by, c.text, kind, os)
		}
	}
}

// Names below a known one count, names that only end alike do not; nothing is allocated.
func TestHostAndAgent(t *testing.T) {
	s := load(t)
	for name, want := range map[string]string{"ctldl.windowsupdate.com": "windowsupdate.com", "windowsupdate.com": "windowsupdate.com", "notwindowsupdate.com": "", "": "", "com": ""} {
		if got, ok := s.Host([]byte(name)); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", name, got, ok)
		}
	}
	agent := []byte("microsoft-cryptoapi/6.1")
	if told, ok := s.Part(ByAgent, agent); !ok || told != "microsoft-cryptoapi/6.1" {
		t.Error(told)
	}
	if told, ok := s.Part(ByAgent, []byte("curl/8.5")); ok {
		t.Error(told)
	}
	long := []byte("a.b.c.d.e.ctldl.windowsupdate.com")
	if n := testing.AllocsPerRun(100, func() { s.Host(long); s.Part(ByAgent, agent) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOld(t *testing.T) {
	t.Parallel()
	s := load(t)
	old, _ := s.OS("windows-7")
	last := time.Date(2020, 1, 14, 12, 0, 0, 0, time.UTC)
	if old.Old(last) || !old.Old(last.AddDate(0, 0, 1)) {
		t.Error("the last day of updates is one with updates")
	}
	if now, _ := s.OS("windows-10-11"); now.Old(last.AddDate(50, 0, 0)) {
		t.Error("what may be Windows 11 is called old")
	}
	if s.KindName("nonsense", "ja") != s.KindName(Unknown, "ja") || s.OSName("nonsense", "ja") != "" || s.KindName("pc", "en") != "Computer" {
		t.Error("words")
	}
}
