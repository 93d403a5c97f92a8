package reply

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"otasuke/content/text"
	"otasuke/gateway/internal/appeal"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/packet"
	"otasuke/wire"
)

// body is what a browser shows of a response.
func body(t *testing.T, response []byte, status int) string {
	t.Helper()
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(response)), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != status || !r.Close || r.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(r.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v %v", r.StatusCode, r.Header, err)
	}
	for _, hole := range []string{"{{title}}", "{{text}}", "{{en.", "block."} {
		if strings.Contains(string(b), hole) {
			t.Errorf("%s is left", hole)
		}
	}
	return string(b)
}

// Each page says why in both languages, Japanese first, and shows nothing but what it says.
func TestBlocked(t *testing.T) {
	t.Parallel()
	for category, want := range map[string][2]string{
		"malware": {"危険なもの", "known to be dangerous"}, "something new": {"危険なもの", "known to be dangerous"}, "phishing": {"偽のサイト", "fake of a real site"},
		"virus": {"ウイルス", "virus"}, "company": {"会社の決まり", "Your company"}, "encrypted-dns": {"会社の決まり", "Your company"},
	} {
		page := body(t, Blocked(`{{work}} <script>{what}"`, category, "urlhaus", `/.x/"`), http.StatusForbidden)
		ja, en := strings.Index(page, want[0]), strings.Index(page, want[1])
		if ja < 0 || en < ja {
			t.Errorf("%s: %s", category, page)
		}
		if strings.Count(page, "{{work}} &lt;script&gt;{what}&#34;") != 2 || strings.Contains(page, "<script") || strings.Contains(page, "://") {
			t.Errorf("%s: %s", category, page)
		}
		if strings.Count(page, `<form method="post"`) != 2 || strings.Count(page, `formaction="/.x/&#34;work"`) != 2 || strings.Count(page, `formaction="/.x/&#34;known"`) != 2 {
			t.Errorf("%s: the buttons: %s", category, page)
		}
	}
	for category, want := range map[string]string{"phishing": "ほかの会員企業で危険なもの", "c2": "found to be dangerous at another member", "virus": "ファイル（<b>x</b>）は、ほかの会員企業"} {
		list := map[bool]string{true: wire.FileStopped, false: wire.ListStops}[category == "virus"]
		if page := body(t, Blocked("x", category, list, "/.x/"), http.StatusForbidden); !strings.Contains(page, want) || !strings.Contains(page, "<form") {
			t.Errorf("%s from elsewhere: %s", category, page)
		}
	}
	if page := body(t, Blocked("x", "virus", "Eicar", ""), http.StatusForbidden); strings.Contains(page, "<form") {
		t.Error("buttons that nobody answers")
	}
}

func TestSaid(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for out := range outcomes {
		page := body(t, Said(out), http.StatusOK)
		if seen[page] || strings.Contains(page, "<form") || !strings.Contains(page, `lang="en"`) {
			t.Errorf("%d: %s", out, page)
		}
		seen[page] = true
	}
	if page := body(t, Said(appeal.Sent), http.StatusOK); !strings.Contains(page, "お預かりしました") {
		t.Error(page)
	}
}

func TestTextsExist(t *testing.T) {
	t.Parallel()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, k := range reasons {
		keys = append(keys, k[:]...)
	}
	for _, k := range outcomes {
		keys = append(keys, k)
	}
	for _, k := range keys {
		if !c.In("ja").Has(k) {
			t.Errorf("%s is missing", k)
		}
	}
}

// An end that speaks behind its reset gets a better one, with the number that it says it
// expects; not for ever, and not in answer to a reset.
func TestAgain(t *testing.T) {
	t.Parallel()
	k := flow.Key{Client: netip.MustParseAddr("192.168.1.5"), Server: netip.MustParseAddr("203.0.113.5"), ClientPort: 40000, ServerPort: 445, Proto: packet.TCP}
	p := &packet.Packet{Proto: packet.TCP, Flags: packet.ACK, Seq: 700, Ack: 12345, Payload: []byte("abc")}
	n := uint8(0)
	if Again(nil, k, 0, p, &n) != nil {
		t.Error("a reset though none was sent before")
	}
	n = 1
	b := Again(nil, k, 0, p, &n)
	if len(b) < 40 || binary.BigEndian.Uint32(b[24:]) != 12345 || binary.BigEndian.Uint32(b[28:]) != 703 || b[33] != packet.RST|packet.ACK {
		t.Errorf("%x", b)
	}
	for range 2 * maxAgain {
		Again(nil, k, 0, p, &n)
	}
	if n != maxAgain {
		t.Errorf("%d resets", n)
	}
	n, p.Flags = 1, packet.RST|packet.ACK
	if Again(nil, k, 0, p, &n) != nil {
		t.Error("an answer to a reset")
	}
}
