package eve

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"otasuke/wire"
)

func home(a netip.Addr) bool {
	return a.Is4() && a.As4()[0] == 192 && a.As4()[1] == 168 || a.Is6() && strings.HasPrefix(a.String(), "fd00:")
}

// The sensor's lines and what becomes of them stand side by side.
func TestFromSensor(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/sensor.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 5, 6, 7, 123456000, time.UTC)
	v4 := func(s, d string, sp, dp uint16, proto string) wire.Flow {
		return wire.Flow{Proto: proto, Src: netip.MustParseAddr(s), Dst: netip.MustParseAddr(d), SrcPort: sp, DstPort: dp}
	}
	pc := wire.Device{Addr: netip.MustParseAddr("192.168.1.12")}
	want := []wire.Event{
		{Time: at, Kind: wire.KindIPS, Verdict: wire.VerdictBlocked, Direction: wire.Inbound, Flow: v4("203.0.113.5", "192.168.1.12", 40000, 80, "TCP"), Device: pc, App: "http",
			Rule: &wire.Rule{GID: 1, SID: 2034647, Rev: 3, Msg: "ET EXPLOIT Apache log4j RCE Attempt", Class: "Attempted Administrator Privilege Gain", Priority: 1, Mitre: []string{"T1190"}},
			URL:  "shop.example/search?q&token"},
		{Time: at, Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound, Flow: v4("192.168.1.12", "192.168.1.1", 53211, 53, "UDP"), Device: pc, App: "dns",
			Rule: &wire.Rule{GID: 1, SID: 2027758, Rev: 5, Msg: "ET DNS Query for .cc TLD", Class: "Potentially Bad Traffic", Priority: 2}},
		{Time: at, Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound, Flow: v4("192.168.1.12", "198.51.100.9", 50001, 443, "TCP"), Device: pc, App: "tls",
			Rule: &wire.Rule{GID: 1, SID: 2028765, Rev: 2, Msg: "ET JA3 Hash", Class: "Unknown Traffic", Priority: 3}},
		{Time: at, Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound, Flow: v4("fd00::12", "2001:db8::9", 50002, 443, "TCP"), Device: wire.Device{Addr: netip.MustParseAddr("fd00::12")}, App: "tls",
			Rule: &wire.Rule{GID: 1, SID: 2024766, Rev: 1, Msg: "Certificate of a known bad server", Priority: 2}},
		{Time: at, Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Inbound, Flow: v4("203.0.113.5", "192.168.1.12", 0, 0, "ICMP"), Device: pc,
			Rule: &wire.Rule{GID: 1, SID: 2100366, Rev: 8, Msg: "GPL ICMP PING *NIX", Class: "Misc activity", Priority: 3}},
		{Time: at, Kind: wire.KindIPS, Verdict: wire.VerdictPassed, Direction: wire.Outbound, Flow: v4("192.168.1.12", "198.51.100.9", 50003, 80, "TCP"), Device: pc, App: "http",
			Rule: &wire.Rule{GID: 1, SID: 2013504, Rev: 1, Msg: "older sensor, answer of the server", Priority: 3}, URL: "files.example/setup.exe"},
	}
	want[1].Direction = wire.Internal
	ids := map[string]bool{}
	n := 0
	for line := range strings.Lines(string(text)) {
		got, err := FromSensor([]byte(line), home)
		if strings.Contains(line, `"event_type":"flow"`) || strings.Contains(line, `"event_type":"stats"`) {
			if !errors.Is(err, ErrNotAlert) {
				t.Errorf("%.80s: %v", line, err)
			}
			continue
		}
		if err != nil || got.Check() != nil {
			t.Fatalf("%.80s: %v %v", line, err, got.Check())
		}
		again, _ := FromSensor([]byte(strings.TrimSpace(line)+"\r\n"), home)
		if again.ID != got.ID || ids[got.ID] {
			t.Errorf("ids: %s, then %s", got.ID, again.ID)
		}
		ids[got.ID] = true
		got.ID = ""
		if d := cmp.Diff(want[n], got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
			t.Errorf("line %d: %s", n+1, d)
		}
		n++
	}
	if n != len(want) {
		t.Errorf("%d alerts", n)
	}
}

func TestBadLines(t *testing.T) {
	t.Parallel()
	good := `{"timestamp":"2026-11-21T14:06:07.123456+0900","event_type":"alert","src_ip":"203.0.113.5","dest_ip":"192.168.1.12","proto":"TCP","alert":{"signature_id":1}}`
	if _, err := FromSensor([]byte(good), home); err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		"empty":            "",
		"cut":              good[:len(good)-10],
		"not JSON":         "Nov 21 14:06:07 kernel: something",
		"array":            "[1,2]",
		"number":           "7",
		"null":             "null",
		"no type":          `{"timestamp":"2026-11-21T14:06:07.123456+0900"}`,
		"no alert":         strings.Replace(good, `"alert":{"signature_id":1}`, `"x":1`, 1),
		"no signature":     strings.Replace(good, `"signature_id":1`, `"signature":"x"`, 1),
		"signature a text": strings.Replace(good, `"signature_id":1`, `"signature_id":"1"`, 1),
		"no address":       strings.Replace(good, `"src_ip":"203.0.113.5",`, "", 1),
		"bad address":      strings.Replace(good, "203.0.113.5", "router", 1),
		"no time":          strings.Replace(good, `"timestamp":"2026-11-21T14:06:07.123456+0900",`, "", 1),
		"bad time":         strings.Replace(good, "2026-11-21T14:06:07", "yesterday", 1),
		"huge":             strings.Replace(good, `"alert":{`, `"payload":"`+strings.Repeat("A", maxLine)+`","alert":{`, 1),
	}
	for name, line := range tests {
		if e, err := FromSensor([]byte(line), home); !errors.Is(err, ErrLine) {
			t.Errorf("%s: %+v %v", name, e, err)
		}
	}
	// A type that differs where it does not matter costs nothing.
	odd := strings.Replace(good, `"alert":{`, `"http":{"status":"200","length":"x","hostname":"h.example","url":"/"},"alert":{`, 1)
	if e, err := FromSensor([]byte(odd), home); err != nil || e.URL != "h.example/" {
		t.Errorf("odd types: %+v %v", e, err)
	}
}

// A sensor's file cannot speak in the box's name.
func TestSensorIsNotUs(t *testing.T) {
	t.Parallel()
	line, err := HealthLine(wire.Health{Time: time.Unix(1, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FromSensor(line, home); !errors.Is(err, ErrNotAlert) {
		t.Errorf("health in a sensor's file: %v", err)
	}
	own := `{"timestamp":"2026-11-21T14:06:07.123456+0900","event_type":"alert","src_ip":"203.0.113.5","dest_ip":"192.168.1.12","proto":"TCP","alert":{"signature_id":1},"otasuke":{"id":"x","kind":"health"}}`
	if e, err := FromSensor([]byte(own), home); err != nil || e.Kind != wire.KindIPS || len(e.ID) != 26 {
		t.Errorf("got %+v %v", e, err)
	}
}

func sample() *Record {
	kind, code := uint8(8), uint8(0)
	tx := uint64(0)
	return &Record{
		Timestamp: Time(time.Date(2026, 11, 21, 5, 6, 7, 8000, time.UTC).UnixMicro()), FlowID: 1234, EventType: TypeAlert,
		SrcIP: addr("192.168.1.12"), SrcPort: 50000, DestIP: addr("203.0.113.66"), DestPort: 80, Proto: "TCP", AppProto: "http", Direction: "to_server",
		ICMPType: &kind, ICMPCode: &code, TxID: &tx,
		Alert:    &Alert{Action: "blocked", GID: 1, SignatureID: sidVirus, Rev: 1, Signature: "OTASUKE virus X", Category: "Virus in a file", Severity: 1, Metadata: map[string][]string{"otasuke_family": {"virus"}}},
		HTTP:     &HTTP{Hostname: "files.example", URL: "/a/invoice.zip?user=taro&password=secret", Method: "GET", Status: 200, Length: 68},
		Fileinfo: &Fileinfo{Filename: "invoice.zip", State: "CLOSED", Size: 68},
		Otasuke:  &Own{ID: "0123456789abcdefghjkmnpqrs", Kind: "virus", Direction: "outbound", MAC: "02:00:c0:a8:01:0c", Device: "192.168.1.12", Class: "trojan-activity", Scan: "infected", Virus: "X"},
	}
}

const sidVirus = 9900002

// The line that tools of the field read, byte for byte.
func TestGoldenLine(t *testing.T) {
	t.Parallel()
	line, err := Append(nil, sample())
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/alert.json")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(line)); d != "" {
		t.Error(d)
	}
	var back Record
	if err := json.Unmarshal(line, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), &back, cmpopts.EquateComparable(Addr{}), cmpopts.IgnoreUnexported(Record{})); d != "" {
		t.Error(d)
	}
}

func TestOwnLines(t *testing.T) {
	t.Parallel()
	line, _ := Append(nil, sample())
	e, err := ToWire(line, home)
	if err != nil || e.Check() != nil {
		t.Fatal(err, e.Check())
	}
	if e.ID != "0123456789abcdefghjkmnpqrs" || e.Kind != wire.KindVirus || e.File == nil || e.File.Name != "invoice.zip" ||
		e.Device.MAC != "02:00:c0:a8:01:0c" || e.Rule.Class != "trojan-activity" || e.Rule.Family != "virus" {
		t.Errorf("got %+v", e)
	}
	if strings.Contains(e.URL, "taro") || strings.Contains(e.URL, "secret") || e.URL != "files.example/a/invoice.zip?user&password" {
		t.Errorf("URL %q", e.URL)
	}
	r := sample()
	r.Fileinfo, r.Otasuke.Kind, r.Otasuke.Site, r.Otasuke.Layer, r.Otasuke.Category = nil, "site", "evil.example", "dns", "phishing"
	line, _ = Append(nil, r)
	if e, err := ToWire(line, home); err != nil || e.Check() != nil || e.Site.Name != "evil.example" || e.Site.Category != "phishing" {
		t.Errorf("site: %+v %v", e, err)
	}
	h := wire.Health{Time: time.Unix(1_800_000_000, 0).UTC(), Note: "engine-died"}
	line, _ = HealthLine(h)
	if e, err := ToWire(line, home); err != nil || e.Check() != nil || e.Health.Note != h.Note || !e.Time.Equal(h.Time) {
		t.Errorf("health: %+v %v", e, err)
	}
	if _, err := ToWire([]byte(`{"event_type":"otasuke-event"}`), home); err == nil {
		t.Error("an event line without an event is taken")
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	tests := []struct{ host, url, want string }{
		{"a.example", "/", "a.example/"},
		{"a.example", "/x?id=7&name=taro", "a.example/x?id&name"},
		{"a.example", "/x?id=7;name=taro", "a.example/x?id&name"},
		{"a.example", "/x?", "a.example/x?"},
		{"a.example", "/x?a=b?c=d", "a.example/x?a"},
		{"proxy.example", "http://taro:secret@b.example:8080/x?k=v", "b.example:8080/x?k"},
		{"proxy.example", "http://b.example", "b.example/"},
		{"a.example", "/redirect://x", "a.example/redirect://x"},
		{"", "", ""},
	}
	for _, tt := range tests {
		if got := address(tt.host, tt.url); got != tt.want {
			t.Errorf("%s %s: got %s, want %s", tt.host, tt.url, got, tt.want)
		}
	}
	long := address("a.example", "/"+strings.Repeat("日", wire.MaxText))
	if len(long) > wire.MaxText || !utf8.ValidString(long) {
		t.Errorf("%d bytes, valid: %v", len(long), utf8.ValidString(long))
	}
}

// Ids are unique and sort by time.
func TestNewID(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 1000 {
		ids = append(ids, NewID(int64(1_800_000_000_000_000+i*1000)))
	}
	if !slices.IsSorted(ids) || len(ids[0]) != 26 {
		t.Errorf("ids such as %s do not sort by time", ids[0])
	}
	for range 1000 {
		ids = append(ids, NewID(5))
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 2000 {
		t.Error("an id came twice")
	}
}

// FuzzToWire: whatever a file holds, what comes out of it is small and free of
// query values.
func FuzzToWire(f *testing.F) {
	for _, name := range []string{"testdata/sensor.jsonl", "testdata/alert.json"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add([]byte(line))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := FromSensor(line, home)
		if err == nil {
			if err := e.Check(); err != nil {
				t.Errorf("the centre would refuse it: %v", err)
			}
			if len(e.URL) > wire.MaxText || len(e.Rule.Msg) > wire.MaxText {
				t.Error("a text is too long")
			}
			if _, query, ok := strings.Cut(e.URL, "?"); ok && strings.Contains(query, "=") {
				t.Errorf("a value is left in %q", e.URL)
			}
			kept, err := EventLine(e)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := ToWire(kept, home); err != nil || back.ID != e.ID {
				t.Errorf("kept and read again: %v", err)
			}
		}
		_, _ = ToWire(line, home)
	})
}

func addr(s string) Addr { return Addr{netip.MustParseAddr(s)} }
