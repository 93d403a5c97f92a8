package engine

import (
	"slices"
	"testing"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/packet"
)

// All calls of an office go between two ports of its telephone system and the provider.
func TestSIPRuleStopsOneCall(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Rules: rulesOf(t, `drop sip any any -> any any (msg:"x"; sip.uri; content:"evil"; sid:1;)`)})
	e := between("192.168.1.2:5060", "192.0.2.60:5060")
	var got []capture.Action
	for _, to := range []string{"good", "evil", "good", "evil"} {
		v, _ := b.give(packet.AppendUDP(nil, e.client, e.server, []byte("INVITE sip:"+to+"@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a.example\r\n\r\n")))
		got = append(got, v.Action)
	}
	if want := []capture.Action{capture.Accept, capture.Drop, capture.Accept, capture.Drop}; !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, b.alerts())
	}
}

// A server of the office asks for everybody from one port. A question that a rule stops, and
// each that repeats it, does not take the others with it; over TCP the connection ends.
func TestDNSRuleStopsOneQuestion(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		`drop dns any any -> any any (msg:"x"; dns.query; content:"evil"; sid:1;)`,
		`reject dns any any -> any any (msg:"x"; dns.query; content:"evil"; sid:1;)`,
	} {
		b := newBox(t, Config{Rules: rulesOf(t, rule)})
		e := between("192.168.1.2:40000", "192.0.2.53:53")
		var got []capture.Action
		for _, name := range []string{"good.example", "evil.example", "good.example", "evil.example", "other.example"} {
			v, _ := b.give(packet.AppendUDP(nil, e.client, e.server, questionFor(t, name, false)))
			got = append(got, v.Action)
		}
		if want := []capture.Action{capture.Accept, capture.Drop, capture.Accept, capture.Drop, capture.Accept}; !slices.Equal(got, want) || len(b.alerts()) != 2 {
			t.Errorf("%s: %v, %v", rule, got, b.alerts())
		}
		e = between("192.168.1.2:40001", "192.0.2.53:53")
		b.open(e)
		for _, name := range []string{"evil.example", "good.example"} {
			if b.say(e, 0, string(questionFor(t, name, true))) != capture.Drop {
				t.Errorf("%s: %s passes over TCP", rule, name)
			}
		}
	}
}
