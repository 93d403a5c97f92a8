package dnsmsg

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
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

// response has a record of each type that is read.
func response(t testing.TB) []byte {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion("www.example.jp.", dns.TypeA)
	m.Id, m.Response, m.RecursionAvailable, m.Compress = 7, true, true, true
	section := func(to *[]dns.RR, records ...string) {
		for _, s := range records {
			rr, err := dns.NewRR(s)
			if err != nil {
				t.Fatal(err)
			}
			*to = append(*to, rr)
		}
	}
	section(&m.Answer, "www.example.jp. 60 IN CNAME CDN.example.net.", "cdn.example.net. 30 IN A 192.0.2.1", "cdn.example.net. 30 IN AAAA 2001:db8::1",
		`cdn.example.net. 5 IN TXT "x" "yz"`, "example.jp. 5 IN MX 10 mx.example.jp.", "1.2.0.192.in-addr.arpa. 5 IN PTR host.example.jp.",
		"_sip._udp.example.jp. 5 IN SRV 1 2 5060 sip.example.jp.", "host.example.jp. 5 IN SSHFP 1 2 0a0b0c", "host.example.jp. 5 IN HINFO a b")
	section(&m.Ns, "example.jp. 5 IN SOA ns.example.jp. root.example.jp. 1 2 3 4 5", "example.jp. 5 IN NS ns.example.jp.")
	section(&m.Extra, "ns.example.jp. 5 IN A 192.0.2.53")
	o := new(dns.OPT)
	o.Hdr = dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT, Class: 1232}
	o.Option = []dns.EDNS0{&dns.EDNS0_LOCAL{Code: 10, Data: []byte{1, 2}}}
	m.Extra = append(m.Extra, o)
	return pack(t, m)
}

func eve(t testing.TB, m *Message, response bool, log Log) string {
	t.Helper()
	b, err := json.Marshal(m.EVE(3, response, log))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRecord: what is written about a message, field by field.
func TestRecord(t *testing.T) {
	t.Parallel()
	var m Message
	if err := m.Parse(response(t)); err != nil {
		t.Fatal(err)
	}
	ns := `{"mname":"ns.example.jp","rname":"root.example.jp","serial":1,"refresh":2,"retry":3,"expire":4,"minimum":5}`
	head := `"id":7,"flags":"8180","qr":true,"rd":true,"ra":true,"opcode":0,`
	answers := `"answers":[{"rrname":"www.example.jp","rrtype":"CNAME","ttl":60,"rdata":"CDN.example.net"},{"rrname":"cdn.example.net","rrtype":"A","ttl":30,"rdata":"192.0.2.1"},` +
		`{"rrname":"cdn.example.net","rrtype":"AAAA","ttl":30,"rdata":"2001:0db8:0000:0000:0000:0000:0000:0001"},{"rrname":"cdn.example.net","rrtype":"TXT","ttl":5,"rdata":"x"},` +
		`{"rrname":"cdn.example.net","rrtype":"TXT","ttl":5,"rdata":"yz"},{"rrname":"example.jp","rrtype":"MX","ttl":5,"rdata":"mx.example.jp"},` +
		`{"rrname":"1.2.0.192.in-addr.arpa","rrtype":"PTR","ttl":5,"rdata":"host.example.jp"},` +
		`{"rrname":"_sip._udp.example.jp","rrtype":"SRV","ttl":5,"srv":{"priority":1,"weight":2,"port":5060,"name":"sip.example.jp"}},` +
		`{"rrname":"host.example.jp","rrtype":"SSHFP","ttl":5,"sshfp":{"fingerprint":"0a:0b:0c","algo":1,"type":2}},{"rrname":"host.example.jp","rrtype":"HINFO","ttl":5}],` +
		`"grouped":{"A":["192.0.2.1"],"AAAA":["2001:0db8:0000:0000:0000:0000:0000:0001"],"CNAME":["CDN.example.net"],"MX":["mx.example.jp"],"PTR":["host.example.jp"],` +
		`"SRV":[{"priority":1,"weight":2,"port":5060,"name":"sip.example.jp"}],"SSHFP":[{"fingerprint":"0a:0b:0c","algo":1,"type":2}],"TXT":["x","yz"]},` +
		`"authorities":[{"rrname":"example.jp","rrtype":"SOA","ttl":5,"soa":` + ns + `},{"rrname":"example.jp","rrtype":"NS","ttl":5,"rdata":"ns.example.jp"}]`
	want := `{"version":3,"type":"response","tx_id":3,` + head + `"rcode":"NOERROR","queries":[{"rrname":"www.example.jp","rrtype":"A"}],` + answers +
		`,"additionals":[{"rrname":"ns.example.jp","rrtype":"A","ttl":5,"rdata":"192.0.2.53"},{"rrname":"","rrtype":"OPT","ttl":0,"opt":[{"code":10,"data":"0102"}]}]}`
	// The library may write names in another case where it points to them.
	if d := cmp.Diff(strings.ToLower(want), strings.ToLower(eve(t, &m, true, Log{}))); d != "" {
		t.Error(d)
	}
	older := `{"version":2,"type":"answer","tx_id":3,` + head + `"rrname":"www.example.jp","rrtype":"A","rcode":"NOERROR",` + answers + `}`
	if d := cmp.Diff(strings.ToLower(older), strings.ToLower(eve(t, &m, true, Log{Version: 2}))); d != "" {
		t.Error(d)
	}
	if got := eve(t, &m, true, Log{NoDetailed: true, NoGrouped: true}); strings.Contains(got, "answers") || strings.Contains(got, "grouped") {
		t.Error(got)
	}
	if err := m.Parse(query(t, "a.\\200b.", 65280, false)); err != nil {
		t.Fatal(err)
	}
	if got, want := eve(t, &m, false, Log{Version: 2}), `{"version":2,"type":"query","tx_id":3,"id":4660,"flags":"100","rd":true,"opcode":0,"rrname":"a.\\xc8b","rrtype":"65280"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// head is a header with counts of each section.
func head(flags uint16, counts ...uint16) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, 1}, flags)
	for i := range 4 {
		n := uint16(0)
		if i < len(counts) {
			n = counts[i]
		}
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	q := func(body string) []byte { return append(head(0x100, 1), body...) }
	a := func(body string) []byte {
		return append(append(head(0x8100, 1, 1), "\x01a\x00\x00\x01\x00\x01"...), body...)
	}
	for what, c := range map[string]struct {
		in   []byte
		want error
	}{
		"nothing":                                {nil, ErrHeader},
		"header cut":                             {head(0, 0)[:11], ErrHeader},
		"more records than bytes":                {head(0, 7, 0, 0, 7), ErrHeader},
		"no question although one":               {q(""), ErrShort},
		"label over the message":                 {q("\x05abc"), ErrShort},
		"type cut":                               {q("\x01a\x00\x00"), ErrShort},
		"class cut":                              {q("\x01a\x00\x00\x01\x00"), ErrShort},
		"pointer cut":                            {q("\xc0"), ErrShort},
		"pointer to itself":                      {q("\xc0\x0c\x00\x01\x00\x01"), ErrShort},
		"pointer beyond the message":             {q("\xc0\x20\x00\x01\x00\x01"), ErrShort},
		"label type 01":                          {q("\x41a\x00\x00\x01\x00\x01"), ErrShort},
		"label type 10":                          {q("\x81a\x00\x00\x01\x00\x01"), ErrShort},
		"256 labels":                             {q(strings.Repeat("\x01x", 256) + "\x00\x00\x01\x00\x01"), ErrShort},
		"answer without fields":                  {a("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00"), ErrShort},
		"answer's data over the message":         {a("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04abc"), ErrShort},
		"answer's name cut":                      {a("\x09a"), ErrShort},
		"answer missing":                         {a(""), ErrShort},
		"alias cut":                              {a("\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x01\x00\x01\x09"), ErrShort},
		"mail exchange without its preference":   {a("\xc0\x0c\x00\x0f\x00\x01\x00\x00\x00\x01\x00\x01\x09"), ErrShort},
		"start of authority without its numbers": {a("\xc0\x0c\x00\x06\x00\x01\x00\x00\x00\x01\x00\x02\x00\x00"), ErrShort},
		"service without its port":               {a("\xc0\x0c\x00\x21\x00\x01\x00\x00\x00\x01\x00\x02\x00\x00"), ErrShort},
		"text over its record":                   {a("\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x01\x00\x02\x05x"), ErrShort},
		"key of one byte":                        {a("\xc0\x0c\x00\x2c\x00\x01\x00\x00\x00\x01\x00\x01x"), ErrShort},
	} {
		var m Message
		if err := m.Parse(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// TestTolerated: what is odd but readable, as Suricata has it.
func TestTolerated(t *testing.T) {
	t.Parallel()
	tail := "\x00\x01\x00\x01"
	long := strings.Repeat("\x3f"+strings.Repeat("x", 63), 17) + "\x00"
	for what, c := range map[string]struct {
		in   []byte
		name string
		odd  Odd
	}{
		"the root":          {append(head(0, 1), "\x00"+tail...), "", Odd{}},
		"pointer forward":   {append(head(0, 2), "\xc0\x12"+tail+"\x01b\x00"+tail...), "b", Odd{}},
		"pointer to header": {append(head(0, 1), "\xc0\x02"+tail...), "", Odd{}},
		"a circle":          {append(head(0, 1), "\x01a\xc0\x0c"+tail...), strings.TrimSuffix(strings.Repeat("a.", 128), "."), Odd{TooLong: true, ManyLabels: true}},
		"a circle of one":   {append(head(0, 1), "\x01a\xc0\x14"+tail+"\xc0\x14"...), "a", Odd{Loop: true}},
		"too long":          {append(head(0, 1), long+tail...), strings.ReplaceAll(strings.Repeat(strings.Repeat("x", 63)+".", 17), "", "")[:maxName], Odd{TooLong: true}},
		"broken authority":  {append(head(0, 1, 0, 1, 1), "\x01a\x00"+tail+"\x09"...), "a", Odd{BadAuthorities: true}},
		"broken additional": {append(head(0, 1, 0, 0, 1), "\x01a\x00"+tail+"\x09"...), "a", Odd{BadAdditionals: true}},
		"empty data":        {append(head(0, 1, 1), "\x01a\x00"+tail+"\x00\x00\x06\x00\x01\x00\x00\x00\x01\x00\x00"...), "a", Odd{}},
		"bytes behind":      {append(head(0, 1), "\x01a\x00"+tail+"more"...), "a", Odd{}},
	} {
		var m Message
		if err := m.Parse(c.in); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got := string(m.Bytes(m.Questions[0].Name)); got != c.name || m.Odd != c.odd {
			t.Errorf("%s: %q %+v, want %q %+v", what, got, m.Odd, c.name, c.odd)
		}
		sameRecord(t, &m)
		if _, err := json.Marshal(m.multicastRecord()); err != nil {
			t.Error(err)
		}
	}
}

// TestBounded: a message that points to a long name again and again costs what it may.
func TestBounded(t *testing.T) {
	t.Parallel()
	b := append(head(0, 10000), strings.Repeat("\x3f"+strings.Repeat("x", 63), 17)+"\x00\x00\x01\x00\x01"...)
	b = append(b, bytes.Repeat([]byte("\xc0\x0c\x00\x01\x00\x01"), 9999)...)
	var m Message
	if err := m.Parse(b); err != nil || len(m.Questions) != 10000 || len(m.text) > maxText+maxName {
		t.Errorf("%v: %d questions, %d bytes of text", err, len(m.Questions), len(m.text))
	}
	if err := m.Parse(query(t, "a.jp.", 1, false)); err != nil || cap(m.text) > keepMemory || cap(m.Questions) > keepMemory {
		t.Errorf("%d and %d are kept (%v)", cap(m.text), cap(m.Questions), err)
	}
}

// TestNoAllocs: a reader that goes on allocates nothing for a message.
func TestNoAllocs(t *testing.T) {
	var m Message
	b := response(t)
	if n := testing.AllocsPerRun(100, func() { _ = m.Parse(b) }); n > 0 {
		t.Errorf("%v allocations a message", n)
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
				m.Ns = append(m.Ns, &dns.CNAME{Hdr: h, Target: name()})
			case 2:
				h.Rrtype = dns.TypeMX
				m.Extra = append(m.Extra, &dns.MX{Hdr: h, Mx: name()})
			}
		}
		if !agree(t, pack(t, m)) {
			t.Fatalf("not read: %v", m)
		}
	}
}

// agree compares with miekg/dns where both accept.
func agree(t *testing.T, b []byte) bool {
	t.Helper()
	var m Message
	var o dns.Msg
	if m.Parse(b) != nil || o.Unpack(b) != nil {
		return false
	}
	if m.Odd != (Odd{}) || m.ID != o.Id || m.Response() != o.Response || int(m.Opcode()) != o.Opcode {
		return true // the other takes some of them
	}
	for i, q := range o.Question {
		if got := present(m.Bytes(m.Questions[i].Name)); got != plain(q.Name) || m.Questions[i].Type != q.Qtype || m.Questions[i].Class != q.Qclass {
			t.Errorf("question %+v, want %+v", got, q)
		}
	}
	for s, records := range [][]Record{m.Answers, m.Authorities, m.Additional} {
		for i, rr := range [][]dns.RR{o.Answer, o.Ns, o.Extra}[s] {
			r, h := &records[i], rr.Header()
			target := ""
			switch x := rr.(type) {
			case *dns.CNAME:
				target = x.Target
			case *dns.MX:
				target = x.Mx
			}
			if got := present(m.Bytes(r.Name)); got != plain(h.Name) || r.Type != h.Rrtype || r.TTL != h.Ttl || target != "" && present(m.Bytes(r.Target)) != plain(target) {
				t.Errorf("record %q %+v, want %v", got, r, rr)
			}
		}
	}
	return true
}

// plain undoes the other's writing of a name: no escapes, no dot at the end.
func plain(name string) string {
	if name == "." {
		return ""
	}
	return strings.TrimSuffix(name, ".")
}

// present writes a name as the other does, but for dots in labels.
func present(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		switch {
		case strings.ContainsRune(` '@;()"\`, rune(c)):
			s.WriteByte('\\')
			s.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&s, "\\%03d", c)
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}

// TestAppendBlocked: the answer is one that clients read, with the question of the query.
func TestAppendBlocked(t *testing.T) {
	t.Parallel()
	for _, edns := range []bool{false, true} {
		q := query(t, "Bad.example.", dns.TypeAAAA, edns)
		var m Message
		if err := m.Parse(q); err != nil {
			t.Fatal(err)
		}
		var o dns.Msg
		if err := o.Unpack(m.AppendBlocked(nil, q)); err != nil {
			t.Fatal(err)
		}
		soa, ok := o.Ns[0].(*dns.SOA)
		if o.Id != 0x1234 || !o.Response || o.Rcode != dns.RcodeNameError || !o.RecursionDesired || o.Question[0].Name != "Bad.example." || !ok || soa.Minttl != 60 {
			t.Errorf("%v", &o)
		}
		opt := o.IsEdns0()
		if (opt != nil) != edns {
			t.Errorf("EDNS is answered with EDNS only: %v", &o)
		}
		if opt != nil && opt.Option[0].(*dns.EDNS0_EDE).InfoCode != dns.ExtendedErrorCodeBlocked {
			t.Errorf("%v", opt)
		}
	}
}

// TestAppendInstead: the answer has the address for the question of its kind, and nothing for others.
func TestAppendInstead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind uint16
		addr string
		want bool
	}{{dns.TypeA, "192.168.1.2", true}, {dns.TypeAAAA, "192.168.1.2", false}, {dns.TypeAAAA, "fe80::2", true}, {dns.TypeA, "fe80::2", false}, {dns.TypeHTTPS, "192.168.1.2", false}} {
		for _, edns := range []bool{false, true} {
			q := query(t, "Test.example.", c.kind, edns)
			var m Message
			if err := m.Parse(q); err != nil {
				t.Fatal(err)
			}
			var o dns.Msg
			if err := o.Unpack(m.AppendInstead(nil, q, netip.MustParseAddr(c.addr))); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, rr := range o.Answer {
				switch rr := rr.(type) {
				case *dns.A:
					got = rr.A.String()
				case *dns.AAAA:
					got = rr.AAAA.String()
				}
				if rr.Header().Name != "Test.example." || rr.Header().Ttl > 10 {
					t.Errorf("%v", rr)
				}
			}
			if o.Id != 0x1234 || !o.Response || o.Rcode != dns.RcodeSuccess || (got == c.addr) != c.want || (len(o.Ns) == 1) == c.want || (o.IsEdns0() != nil) != edns {
				t.Errorf("%d for %s: %v", c.kind, c.addr, &o)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(response(f))
	f.Add(query(f, "www.example.jp.", 1, true))
	f.Add(append(head(0, 1), "\x01a\xc0\x0c\x00\x01\x00\x01"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var m Message
		if m.Parse(b) != nil {
			return
		}
		sameRecord(t, &m)
		if _, err := json.Marshal(m.multicastRecord()); err != nil {
			t.Fatal(err)
		}
		if out := m.AppendBlocked(nil, b); len(out) < headerLen {
			t.Fatal("no answer")
		}
		if out := m.AppendInstead(nil, b, netip.MustParseAddr("192.0.2.1")); len(out) < headerLen {
			t.Fatal("no answer")
		}
		for i := range m.Questions {
			if n := m.Questions[i].Name; len(m.Bytes(n)) > maxName {
				t.Fatal("name too long")
			}
		}
	})
}
