package mdns

import (
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// Port of multicast DNS (RFC 6762 section 3).
	Port = 5353
	// ttl of a host's address, seconds (RFC 6762 section 10).
	ttl = 120
	// flush and unicast are the highest bit of a class: "this is all there is" in an answer
	// (section 10.2), "tell me alone" in a question (section 5.4).
	flush, unicast = 1 << 15, 1 << 15
	// legacyTTL is told to who does not speak multicast DNS (section 6.7).
	legacyTTL = 10
	// maxQuestions that are read of one message.
	maxQuestions = 32
)

// answer makes the message that answers a question for name, "otasuke.local."; nil where
// nothing is asked of us. legacy is a question from another port than Port: its answer
// repeats it. alone tells that the answer is for who asked only.
func answer(b []byte, name dnsmessage.Name, addrs []netip.Addr, legacy bool) (reply []byte, alone bool) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil || h.Response || h.OpCode != 0 {
		return nil, false
	}
	var asked []dnsmessage.Question
	alone = true
	for range maxQuestions {
		q, err := p.Question()
		if err != nil {
			break
		}
		class := q.Class &^ unicast
		if !strings.EqualFold(q.Name.String(), name.String()) || class != dnsmessage.ClassINET && class != dnsmessage.ClassANY {
			continue
		}
		alone = alone && q.Class&unicast != 0
		asked = append(asked, q)
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true, Authoritative: true}}
	life, class := uint32(ttl), dnsmessage.ClassINET|flush
	if legacy {
		m.ID, m.Questions = h.ID, asked
		life, class = legacyTTL, dnsmessage.ClassINET
	}
	for _, a := range addrs {
		for _, q := range asked {
			kind := dnsmessage.TypeA
			if a.Is6() {
				kind = dnsmessage.TypeAAAA
			}
			if q.Type != kind && q.Type != dnsmessage.TypeALL {
				continue
			}
			r := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: class, TTL: life}}
			if a.Is6() {
				r.Body = &dnsmessage.AAAAResource{AAAA: a.As16()}
			} else {
				r.Body = &dnsmessage.AResource{A: a.As4()}
			}
			m.Answers = append(m.Answers, r)
			break
		}
	}
	if len(m.Answers) == 0 {
		return nil, false
	}
	reply, err = m.Pack()
	if err != nil {
		return nil, false
	}
	return reply, alone || legacy
}
