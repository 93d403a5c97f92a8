package mdns

import (
	"net/netip"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/dns/dnsmessage"
)

var (
	box   = dnsmessage.MustNewName("otasuke.local.")
	addrs = []netip.Addr{netip.MustParseAddr("192.168.1.9"), netip.MustParseAddr("fe80::9")}
)

// question is one of another program.
func question(tb testing.TB, name string, kind, class uint16) []byte {
	tb.Helper()
	m := new(dns.Msg)
	m.Id = 9
	m.Question = []dns.Question{{Name: name, Qtype: kind, Qclass: class}}
	b, err := m.Pack()
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		in            []byte
		legacy, alone bool
		want          []string
	}{
		{"its address", question(t, "otasuke.local.", dns.TypeA, dns.ClassINET), false, false, []string{"192.168.1.9"}},
		{"written otherwise", question(t, "OtaSuke.LOCAL.", dns.TypeAAAA, dns.ClassINET), false, false, []string{"fe80::9"}},
		{"everything, alone", question(t, "otasuke.local.", dns.TypeANY, dns.ClassINET|unicast), false, true, []string{"192.168.1.9", "fe80::9"}},
		{"from a simple resolver", question(t, "otasuke.local.", dns.TypeA, dns.ClassINET), true, true, []string{"192.168.1.9"}},
		{"another name", question(t, "printer.local.", dns.TypeA, dns.ClassINET), false, false, nil},
		{"another type", question(t, "otasuke.local.", dns.TypeSRV, dns.ClassINET), false, false, nil},
		{"another class", question(t, "otasuke.local.", dns.TypeA, dns.ClassCHAOS), false, false, nil},
		{"cut", question(t, "otasuke.local.", dns.TypeA, dns.ClassINET)[:20], false, false, nil},
		{"nothing", nil, false, false, nil},
	} {
		b, alone := answer(tt.in, box, addrs, tt.legacy)
		if (b == nil) != (tt.want == nil) || alone != tt.alone {
			t.Errorf("%s: %x %v", tt.name, b, alone)
			continue
		}
		if b == nil {
			continue
		}
		m := new(dns.Msg)
		if err := m.Unpack(b); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []string
		for _, rr := range m.Answer {
			switch r := rr.(type) {
			case *dns.A:
				got = append(got, r.A.String())
			case *dns.AAAA:
				got = append(got, r.AAAA.String())
			}
		}
		if len(got) != len(tt.want) || got[0] != tt.want[0] || !m.Response || tt.legacy != (m.Id == 9 && len(m.Question) == 1) {
			t.Errorf("%s: %v", tt.name, m)
		}
	}
	if b, _ := answer(mustAnswer(t), box, addrs, false); b != nil {
		t.Error("an answer is answered")
	}
}

func mustAnswer(tb testing.TB) []byte {
	tb.Helper()
	b, _ := answer(question(tb, "otasuke.local.", dns.TypeA, dns.ClassINET), box, addrs, false)
	if b == nil {
		tb.Fatal("no answer")
	}
	return b
}

func FuzzAnswer(f *testing.F) {
	f.Add(question(f, "otasuke.local.", dns.TypeANY, dns.ClassINET), true)
	f.Add(mustAnswer(f), false)
	f.Fuzz(func(t *testing.T, b []byte, legacy bool) {
		if out, _ := answer(b, box, addrs, legacy); out != nil && new(dns.Msg).Unpack(out) != nil {
			t.Errorf("nobody reads %x", out)
		}
	})
}
