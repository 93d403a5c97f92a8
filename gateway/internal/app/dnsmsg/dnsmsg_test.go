package dnsmsg

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func query(t testing.TB, name string, kind uint16, edns bool) []byte {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(name, kind)
	m.Id = 0x1234
	if edns {
		m.SetEdns0(1232, true)
	}
	return pack(t, m)
}

func pack(t testing.TB, m *dns.Msg) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func response(t testing.TB) []byte {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion("www.example.jp.", dns.TypeA)
	m.Response, m.RecursionAvailable, m.Compress = true, true, true
	for _, s := range []string{"www.example.jp. 60 IN CNAME CDN.example.net.", "cdn.example.net. 30 IN A 192.0.2.1", "cdn.example.net. 30 IN AAAA 2001:db8::1", "cdn.example.net. 5 IN TXT \"x\""} {
		rr, err := dns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	return pack(t, m)
}

func TestParse(t *testing.T) {
	t.Parallel()
	var m Message
	if err := m.Parse(query(t, "WWW.Example.JP.", dns.TypeHTTPS, true)); err != nil {
		t.Fatal(err)
	}
	want := []Question{{Name: "www.example.jp", Raw: []byte("WWW.Example.JP"), Type: TypeHTTPS, Class: 1}}
	if d := cmp.Diff(want, m.Questions); d != "" || m.ID != 0x1234 || m.Response || m.Opcode != 0 || len(m.Answers) != 0 {
		t.Errorf("%+v %s", m, d)
	}
	if err := m.Parse(response(t)); err != nil {
		t.Fatal(err)
	}
	answers := []Answer{
		{Name: "www.example.jp", Type: TypeCNAME, TTL: 60, Host: "cdn.example.net"},
		{Name: "cdn.example.net", Type: TypeA, TTL: 30, Addr: netip.MustParseAddr("192.0.2.1")},
		{Name: "cdn.example.net", Type: TypeAAAA, TTL: 30, Addr: netip.MustParseAddr("2001:db8::1")},
		{Name: "cdn.example.net", Type: 16, TTL: 5},
	}
	if d := cmp.Diff(answers, m.Answers, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" || !m.Response || len(m.Questions) != 1 {
		t.Errorf("%s", d)
	}
	if err := m.Parse(query(t, ".", dns.TypeNS, false)); err != nil || m.Questions[0].Name != "" || len(m.Questions[0].Raw) != 0 {
		t.Errorf("the root: %+v %v", m, err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]string{
		"\x01A\x01b\x00":                   "a.b",
		"\x03a.b\x00":                      `a\046b`,
		"\x03a b\x00":                      `a\032b`,
		"\x03a\\b\x00":                     `a\092b`,
		"\x02\x00\xff\x00":                 `\000\255`,
		"\x02\x09\x7f\x00":                 `\009\127`,
		"\x05_a-b1\x00":                    "_a-b1",
		"\x06\xe6\x97\xa5\xe6\x9c\xac\x00": `\230\151\165\230\156\172`,
	} {
		name, _, next, err := readName(append(make([]byte, headerLen), wire...), headerLen)
		if name != want || err != nil || next != headerLen+len(wire) {
			t.Errorf("%q is read as %q (%v)", wire, name, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	head := func(questions, answers byte, flags byte) []byte {
		return []byte{0, 1, flags, 0, 0, questions, 0, answers, 0, 0, 0, 0}
	}
	q := func(body string) []byte { return append(head(1, 0, 1), body...) }
	a := func(body string) []byte {
		return append(append(head(1, 1, 0x81), "\x01a\x00\x00\x01\x00\x01"...), body...)
	}
	long := strings.Repeat("\x3f"+strings.Repeat("x", 63), 3)
	for what, c := range map[string]struct {
		in   []byte
		want error
	}{
		"nothing":                      {nil, ErrShort},
		"header cut":                   {head(1, 0, 1)[:11], ErrShort},
		"no question although one":     {q(""), ErrShort},
		"five questions":               {head(5, 0, 1), ErrTooMany},
		"label over the message":       {q("\x05abc"), ErrShort},
		"name without its end":         {q("\x01a"), ErrShort},
		"type cut":                     {q("\x01a\x00\x00"), ErrShort},
		"class cut":                    {q("\x01a\x00\x00\x01\x00"), ErrShort},
		"pointer cut":                  {q("\xc0"), ErrShort},
		"pointer to itself":            {q("\xc0\x0c\x00\x01\x00\x01"), ErrName},
		"pointer forward":              {q("\xc0\x20\x00\x01\x00\x01"), ErrName},
		"pointer into the header":      {q("\xc0\x04\x00\x01\x00\x01"), ErrName},
		"pointers that go in a circle": {q("\x01a\xc0\x0c\x00\x01\x00\x01"), ErrName},
		"label type 01":                {q("\x41a\x00\x00\x01\x00\x01"), ErrName},
		"label type 10":                {q("\x81a\x00\x00\x01\x00\x01"), ErrName},
		"name of 256 bytes":            {q(long + "\x3e" + strings.Repeat("y", 62) + "\x00\x00\x01\x00\x01"), ErrName},
		"name too long by a pointer":   {append(append(head(1, 1, 0x81), long+"\x20"+strings.Repeat("y", 32)+"\x00\x00\x01\x00\x01"...), "\x3f"+strings.Repeat("z", 63)+"\xc0\x0c"...), ErrName},
		"answer without fields":        {a("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00"), ErrShort},
		"answer's data over message":   {a("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04abc"), ErrShort},
		"answer's name cut":            {a("\x09a"), ErrShort},
		"answer missing":               {a(""), ErrShort},
		"alias cut":                    {a("\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x01\x00\x01\x09"), ErrShort},
		"alias forward":                {a("\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x01\x00\x02\xc0\xff"), ErrName},
	} {
		var m Message
		if err := m.Parse(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	var m Message
	if err := m.Parse(q(long + "\x3d" + strings.Repeat("y", 61) + "\x00\x00\x01\x00\x01")); err != nil {
		t.Errorf("a name of 255 bytes: %v", err)
	}
	if err := m.Parse(a("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x03abc")); err != nil || m.Answers[0].Addr.IsValid() {
		t.Errorf("an address of three bytes is none: %+v %v", m.Answers, err)
	}
	many := append(head(0, 255, 0x81), bytes.Repeat([]byte("\x00\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04abcd"), 255)...)
	if err := m.Parse(many); err != nil || len(m.Answers) != maxAnswers {
		t.Errorf("%d answers are kept: %v", len(m.Answers), err)
	}
}

// TestAgainstMiekg: random messages are read as another implementation reads them.
func TestAgainstMiekg(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	name := func() string {
		n := ""
		for range 1 + rng.IntN(4) {
			n += []string{"www", "Example", "a-b", "_srv", "x1", strings.Repeat("l", 40), "jp"}[rng.IntN(7)] + "."
		}
		return n
	}
	for range 3000 {
		m := new(dns.Msg)
		m.SetQuestion(name(), uint16(1+rng.IntN(70)))
		m.Response, m.Compress, m.Rcode = rng.IntN(2) == 0, rng.IntN(2) == 0, rng.IntN(6)
		for range rng.IntN(10) {
			owner := name()
			if rng.IntN(2) == 0 {
				owner = m.Question[0].Name
			}
			h := dns.RR_Header{Name: owner, Class: 1, Ttl: rng.Uint32() >> 1}
			switch rng.IntN(3) {
			case 0:
				h.Rrtype = dns.TypeA
				m.Answer = append(m.Answer, &dns.A{Hdr: h, A: net.IPv4(192, 0, 2, byte(rng.Uint32()))})
			case 1:
				h.Rrtype = dns.TypeCNAME
				m.Answer = append(m.Answer, &dns.CNAME{Hdr: h, Target: name()})
			case 2:
				h.Rrtype = dns.TypeMX
				m.Answer = append(m.Answer, &dns.MX{Hdr: h, Mx: name()})
			}
		}
		agree(t, pack(t, m))
	}
}

// agree compares with miekg/dns where both accept.
func agree(t *testing.T, b []byte) {
	t.Helper()
	var m Message
	var o dns.Msg
	if m.Parse(b) != nil || o.Unpack(b) != nil {
		return
	}
	text := func(name string) string {
		wire := make([]byte, 300)
		n, err := dns.PackDomainName(name, wire, 0, nil, false)
		if err != nil {
			return "?" + err.Error()
		}
		ours, _, _, err := readName(append(make([]byte, headerLen), wire[:n]...), headerLen)
		if err != nil {
			return "?" + err.Error()
		}
		return ours
	}
	if m.ID != o.Id || m.Response != o.Response || int(m.Opcode) != o.Opcode || int(m.RCode) != o.Rcode&15 || len(m.Questions) != len(o.Question) {
		t.Fatalf("%x: %+v, want %+v", b, m, o)
	}
	for i, q := range o.Question {
		if m.Questions[i].Name != text(q.Name) || m.Questions[i].Type != q.Qtype || m.Questions[i].Class != q.Qclass {
			t.Fatalf("%x: question %+v, want %+v", b, m.Questions[i], q)
		}
	}
	if !m.Response {
		return
	}
	for i, a := range o.Answer {
		if i >= len(m.Answers) {
			break
		}
		got := m.Answers[i]
		if got.Name != text(a.Header().Name) || got.Type != a.Header().Rrtype || got.TTL != a.Header().Ttl {
			t.Fatalf("%x: answer %+v, want %v", b, got, a)
		}
		switch r := a.(type) {
		case *dns.A:
			if want, _ := netip.AddrFromSlice(r.A.To4()); r.A != nil && got.Addr != want {
				t.Fatalf("%x: address %v, want %v", b, got.Addr, want)
			}
		case *dns.CNAME:
			if r.Hdr.Rdlength > 0 && got.Host != text(r.Target) {
				t.Fatalf("%x: alias %q, want %q", b, got.Host, r.Target)
			}
		}
	}
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	for _, edns := range []bool{false, true} {
		for _, name := range []string{"bad.example.", "WWW.Bad.Example.", "."} {
			q := query(t, name, dns.TypeA, edns)
			var m Message
			if err := m.Parse(q); err != nil {
				t.Fatal(err)
			}
			out := m.AppendBlocked([]byte("kept"), q)
			var o dns.Msg
			if err := o.Unpack(out[4:]); err != nil || string(out[:4]) != "kept" {
				t.Fatalf("%x: %v", out, err)
			}
			if o.Id != 0x1234 || !o.Response || o.Rcode != dns.RcodeNameError || !o.RecursionDesired || !o.RecursionAvailable || o.Authoritative {
				t.Errorf("header %+v", o.MsgHdr)
			}
			if len(o.Question) != 1 || o.Question[0].Name != name || len(o.Answer) != 0 || len(o.Ns) != 1 {
				t.Fatalf("%v", &o)
			}
			if soa, ok := o.Ns[0].(*dns.SOA); !ok || soa.Hdr.Ttl != blockedTTL || soa.Minttl != blockedTTL {
				t.Errorf("%v", o.Ns[0])
			}
			checkReason(t, &o, edns)
		}
	}
}

// checkReason: only who can read it gets the reason.
func checkReason(t *testing.T, o *dns.Msg, edns bool) {
	t.Helper()
	opt := o.IsEdns0()
	if (opt != nil) != edns {
		t.Fatalf("option record %v", opt)
	}
	if !edns {
		return
	}
	if e, ok := opt.Option[0].(*dns.EDNS0_EDE); !ok || e.InfoCode != dns.ExtendedErrorCodeBlocked || len(opt.Option) != 1 {
		t.Errorf("options %v", opt.Option)
	}
}

func TestReuse(t *testing.T) {
	t.Parallel()
	var m Message
	if err := m.Parse(response(t)); err != nil {
		t.Fatal(err)
	}
	if err := m.Parse(query(t, "x.jp.", 1, false)); err != nil || len(m.Answers) != 0 || len(m.Questions) != 1 || m.Response {
		t.Errorf("something of the last message is left: %+v", m)
	}
	if err := m.Parse([]byte("short")); err == nil || len(m.Questions) != 0 {
		t.Errorf("%+v", m)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(query(f, "www.example.jp.", dns.TypeA, true))
	f.Add(response(f))
	b, err := hex.DecodeString("00018180000100020000000001610000010001c00c0005000100000001000401" + "62c00cc00c000100010000000100" + "04c0000201")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Message
		if m.Parse(b) != nil {
			return
		}
		agree(t, b)
		for _, q := range m.Questions {
			if len(q.Raw) >= maxName || q.Name != strings.ToLower(q.Name) || strings.ContainsAny(q.Name, "\x00 \n") {
				t.Fatalf("%+v", q)
			}
		}
		if m.Response || len(m.Questions) == 0 {
			return
		}
		out := m.AppendBlocked(nil, b)
		var again Message
		if err := again.Parse(out); err != nil || again.ID != m.ID || again.RCode != rcodeNXDomain || fmt.Sprint(again.Questions) != fmt.Sprint(m.Questions) {
			t.Fatalf("%x is answered with %x: %v", b, out, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	q := query(b, "www.example.co.jp.", dns.TypeA, true)
	var m Message
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(q); err != nil {
			b.Fatal(err)
		}
	}
}
