package dnsmsg

import (
	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// maxShown bounds how many questions, and how many records of each section, are shown to
// rules: real messages have less than a hundred, and each is judged.
const maxShown = 2048

// buffers are where the parts of a message are shown.
type buffers struct {
	query, queries, answers, authorities, additional, response rule.Buffer
}

var (
	unicast   = buffers{rule.DNSQuery, rule.DNSQueries, rule.DNSAnswerName, rule.DNSAuthorities, rule.DNSAdditionals, rule.DNSResponse}
	multicast = buffers{0, rule.MDNSQueries, rule.MDNSAnswers, rule.MDNSAuthorities, rule.MDNSAdditionals, rule.MDNSResponse}
)

// Show shows a message that dir sent to rules, with the events of layer "dns" or "mdns".
func (m *Message) Show(s *app.Side, dir int, mdns bool) {
	to, layer := &unicast, "dns."
	if mdns {
		to, layer = &multicast, "mdns."
	}
	for i := range min(len(m.Questions), maxShown) {
		q := &m.Questions[i]
		name := m.Bytes(q.Name)
		if dir == app.ToServer && !mdns {
			s.Put(to.query, name)
		}
		s.Put(to.queries, name)
		if dir == app.ToServer && !mdns {
			s.Number(rule.DNSRRType, uint64(q.Type))
		}
	}
	m.names(s, to.answers, m.Answers)
	m.names(s, to.authorities, m.Authorities)
	m.names(s, to.additional, m.Additional)
	if dir == app.ToClient && !mdns || mdns && m.Response() {
		m.responseNames(s, to.response)
	}
	if !mdns {
		m.numbers(s, dir)
	}
	m.events(s, layer)
}

func (m *Message) names(s *app.Side, b rule.Buffer, records []Record) {
	for i := range min(len(records), maxShown) {
		s.Put(b, m.Bytes(records[i].Name))
	}
}

// responseNames shows all names of a response, those in the data of records, too.
func (m *Message) responseNames(s *app.Side, b rule.Buffer) {
	for i := range min(len(m.Questions), maxShown) {
		s.Put(b, m.Bytes(m.Questions[i].Name))
	}
	for _, records := range [][]Record{m.Answers, m.Authorities, m.Additional} {
		for i := range min(len(records), maxShown) {
			r := &records[i]
			s.Put(b, m.Bytes(r.Name))
			switch r.Type {
			case TypeCNAME, TypePTR, TypeMX, TypeNS, TypeSOA:
				s.Put(b, m.Bytes(r.Target))
			}
		}
	}
}

func (m *Message) numbers(s *app.Side, dir int) {
	s.Number(rule.DNSOpcode, uint64(m.Opcode()))
	s.Number(rule.DNSRcode, uint64(m.RCode()))
	if dir == app.ToServer {
		return
	}
	for i := range min(len(m.Answers), maxShown) {
		s.Number(rule.DNSRRType, uint64(m.Answers[i].Type))
	}
}

func (m *Message) events(s *app.Side, layer string) {
	for _, e := range []struct {
		is   bool
		name string
	}{
		{m.Flags&FlagZ != 0, "z_flag_set"}, {m.Opcode() > maxOpcode, "invalid_opcode"},
		{m.Odd.TooLong, "name_too_long"}, {m.Odd.Loop, "infinite_loop"}, {m.Odd.ManyLabels, "too_many_labels"},
		{m.Odd.BadAuthorities, "invalid_authorities"}, {m.Odd.BadAdditionals, "invalid_additionals"},
	} {
		if e.is {
			s.Event(layer + e.name)
		}
	}
}
