package wire_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"otasuke/wire"
)

func policy(t testing.TB, change ...func(*wire.Policy)) *wire.Policy {
	p := &wire.Policy{Blocks: []wire.PolicyBlock{{Categories: []string{"gambling"}, Except: []string{"toto"}, Groups: []string{"経理"}}}, Groups: map[string][]string{"経理": {"02:00:00:00:00:01", "192.168.1.64/26"}},
		EncryptedDNS: wire.DNSBlock, Files: wire.FilesStop, Allow: []string{"shop.example"}, Deny: []string{"game.example"},
		Stops: []wire.Stop{{Kind: wire.StopName, Value: "evil.example", Category: "phishing", Until: time.Unix(2e9, 0).UTC()}}}
	for _, f := range change {
		f(p)
	}
	if err := p.Seal(); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicyCheck(t *testing.T) {
	t.Parallel()
	type P = *wire.Policy
	f := func(what string, ok bool, change ...func(P)) {
		t.Helper()
		if err := policy(t, change...).Check(); (err == nil) != ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	stop := func(kind, value string) func(P) {
		return func(p P) { p.Stops[0].Kind, p.Stops[0].Value = kind, value }
	}
	f("whole", true)
	f("address", true, stop(wire.StopAddr, "203.0.113.9"))
	f("page", true, stop(wire.StopPage, "http://evil.example/a?b=c"))
	f("empty", true, func(p P) { *p = wire.Policy{} })
	f("DNS", false, func(p P) { p.EncryptedDNS = "perhaps" })
	f("files", false, func(p P) { p.Files = "eat" })
	f("capital letters", false, func(p P) { p.Deny = []string{"Game.example"} })
	f("everybody's suffix", false, func(p P) { p.Allow = []string{"co.jp"} })
	f("a line more", false, func(p P) { p.Deny = []string{"a.example\nb.example"} })
	f("names of a group", true, func(p P) { p.Names = []wire.PolicyNames{{Deny: []string{"game.example"}, Groups: []string{"x"}}} })
	f("names of no group", false, func(p P) { p.Names = []wire.PolicyNames{{Deny: []string{"game.example"}}} })
	f("names of a group without a name", false, func(p P) { p.Names = []wire.PolicyNames{{Groups: []string{""}}} })
	f("too many groups with names", false, func(p P) { p.Names = make([]wire.PolicyNames, wire.MaxPolicyGroups+1) })
	f("a bad name of a group", false, func(p P) { p.Names = []wire.PolicyNames{{Allow: []string{"Game.example"}, Groups: []string{"x"}}} })
	f("too many names", false, func(p P) { p.Deny = make([]string, wire.MaxPolicyNames+1) })
	f("wish about nothing", false, func(p P) { p.Blocks[0].Categories = nil })
	f("member", false, func(p P) { p.Groups["経理"] = []string{"everybody"} })
	f("own network", false, stop(wire.StopAddr, "192.168.1.1"))
	f("own host", false, stop(wire.StopAddr, "127.0.0.1"))
	f("zone", false, stop(wire.StopAddr, "fe80::1%eth0"))
	f("other spelling", false, stop(wire.StopAddr, "2001:DB8::1"))
	f("page over HTTPS", false, stop(wire.StopPage, "https://evil.example/a"))
	f("whole site as a page", false, stop(wire.StopPage, "http://evil.example/"))
	f("password", false, stop(wire.StopPage, "http://a:b@evil.example/a"))
	f("two lines", false, stop(wire.StopPage, "http://evil.example/a\nb.example"))
	f("kind", false, stop("hash", "evil.example"))
	file := func(digest string) func(P) {
		return func(p P) { p.StopFiles = []wire.StopFile{{SHA256: digest, Until: time.Unix(2e9, 0).UTC()}} }
	}
	f("file", true, file(strings.Repeat("0a", 32)))
	f("digest in capital letters", false, file(strings.Repeat("0A", 32)))
	f("short digest", false, file("0a"))
	f("file for ever", false, func(p P) { p.StopFiles = []wire.StopFile{{SHA256: strings.Repeat("0a", 32)}} })
	f("too many files", false, func(p P) { p.StopFiles = make([]wire.StopFile, wire.MaxStopFiles+1) })
	f("counted backwards", false, func(p P) { p.StopsSeq = -1 })
	f("no end", false, func(p P) { p.Stops[0].Until = time.Time{} })
	p := policy(t)
	p.ID = "../../etc/passwd"
	if p.Check() == nil {
		t.Error("any name does")
	}
}

// Two policies have one name when they say the same, and only then.
func TestPolicySeal(t *testing.T) {
	t.Parallel()
	a, b := policy(t), policy(t)
	if err := b.Seal(); err != nil || a.ID != b.ID {
		t.Errorf("%s %s %v", a.ID, b.ID, err)
	}
	if c := policy(t, func(p *wire.Policy) { p.Files = wire.FilesTell }); c.ID == a.ID {
		t.Error("another policy has the same name")
	}
}

// The largest policy fits into what a box reads.
func TestPolicyBytes(t *testing.T) {
	t.Parallel()
	p := policy(t, func(p *wire.Policy) {
		p.Allow, p.Deny = nil, nil
		long := strings.Repeat("a", 60) + "."
		for i := range wire.MaxPolicyNames {
			n := fmt.Sprint("x", i, ".", long, long, long, "example")
			p.Allow, p.Deny = append(p.Allow, n), append(p.Deny, n)
		}
		for i := range wire.MaxStops {
			p.Stops = append(p.Stops[:i:i], wire.Stop{Kind: wire.StopName, Value: p.Deny[i], Category: "phishing", Until: time.Unix(2e9, 0)})
		}
	})
	for i := range wire.MaxStopFiles {
		p.StopFiles = append(p.StopFiles, wire.StopFile{SHA256: fmt.Sprintf("%064x", i), Until: time.Unix(2e9, 0)})
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(p); err != nil || len(text) > wire.MaxPolicyBytes {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// Whatever comes, what passes the check can be sealed, written and read again as the same.
func FuzzPolicy(f *testing.F) {
	text, err := json.Marshal(policy(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"id":"00000000000000000000000000000000","stops_seq":9,"stop_files":[{"sha256":"` + strings.Repeat("ab", 32) + `","until":"2026-12-29T00:00:00Z"}]}`))
	f.Add([]byte(`{"id":"00000000000000000000000000000000","stops":[{"kind":"page","value":"http://[::1]/a"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p wire.Policy
		if json.Unmarshal(text, &p) != nil || p.Check() != nil {
			return
		}
		if err := p.Seal(); err != nil {
			t.Skip(err) // a time that JSON cannot have
		}
		again, err := json.Marshal(&p)
		var q wire.Policy
		if err != nil || json.Unmarshal(again, &q) != nil || q.Check() != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if id := q.ID; q.Seal() != nil || q.ID != id {
			t.Errorf("%s became %s", id, q.ID)
		}
	})
}
