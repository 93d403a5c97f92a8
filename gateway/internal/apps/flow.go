package apps

import (
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/rule"
)

// By is what an application was told by, the weaker first.
type By uint8

// What an application is told by.
const (
	ByNothing  By = iota
	ByPort        // of the server
	ByClient      // the fingerprint of the client
	ByAddr        // a documented range of addresses
	ByAnswer      // the name that DNS gave this address for
	ByProtocol    // what is spoken
	ByName        // the name that was asked for
)

// Sure tells that hardly anything else can be meant: enough to block by.
func (b By) Sure() bool { return b == ByAddr || b >= ByProtocol }

// maxLooks packets with bytes are looked at for first bytes: greetings come with them.
const maxLooks = 4

// Flow is what is kept of a conversation. Its zero value is ready.
type Flow struct {
	App    ID
	By     By
	looks  uint8
	proto  rule.Proto // that was looked at
	judged bool       // the company's wish was asked for App
}

// take notes a finding unless a stronger one is there. It reports whether something has changed.
func (f *Flow) take(id ID, by By) bool {
	if id == 0 || by < f.By || id == f.App && by == f.By || f.By == ByName && f.App != 0 {
		return false
	}
	f.judged = f.judged && f.App == id && f.By.Sure()
	f.App, f.By = id, by
	return true
}

// Open looks at the ends of a conversation.
func (t *Table) Open(f *Flow, m *Answers, client, server netip.Addr, udp bool, port uint16, now int64) {
	f.take(t.Port(udp, port), ByPort)
	f.take(t.Addr(server), ByAddr)
	f.take(m.Find(client, server, now), ByAnswer)
}

// Packet looks at a packet: what the conversation speaks, and its first bytes.
func (t *Table) Packet(f *Flow, speaks rule.Proto, payload []byte, udp bool) {
	if speaks != f.proto {
		f.proto = speaks
		f.take(t.Proto(speaks), ByProtocol)
	}
	if f.looks < maxLooks && len(payload) > 0 && f.By < ByProtocol {
		f.looks++
		if s := sign(payload, udp); s != signNone {
			f.take(t.signs[s], ByProtocol)
		}
	}
}

// Asks looks at what one side of a transaction has shown: the name that was asked for,
// the client's fingerprint. name is the one that told the application, nil for none.
func (t *Table) Asks(f *Flow, side *app.Side) (name []byte, http bool) {
	for i := range side.Values {
		v := &side.Values[i]
		if !v.Fresh {
			continue
		}
		switch v.Buffer {
		case rule.HTTPHost, rule.TLSSNI, rule.QUICSNI:
			id := t.Name(v.Data)
			if id == 0 && f.By == ByAnswer {
				f.App, f.By = 0, ByNothing // another site at the same address
			}
			if f.take(id, ByName) {
				name, http = v.Data, v.Buffer == rule.HTTPHost
			}
		case rule.JA4Hash:
			f.take(t.JA4(v.Data), ByClient)
		}
	}
	return name, http
}

// messenger is a reader of DNS.
type messenger interface{ Message() *dnsmsg.Message }

// Learn remembers the addresses that an answer of DNS gives to client.
func (t *Table) Learn(m *Answers, tx *app.Tx, client netip.Addr, now int64) {
	c, ok := tx.Recorder.(messenger)
	if !ok || tx.Proto != rule.ProtoDNS {
		return
	}
	msg := c.Message()
	if !msg.Response() || len(msg.Questions) != 1 {
		return
	}
	id := t.Name(msg.Bytes(msg.Questions[0].Name))
	for i := range msg.Answers {
		r := &msg.Answers[i]
		if r.Type != typeA && r.Type != typeAAAA {
			continue
		}
		if a, ok := netip.AddrFromSlice(msg.Data(r)); ok {
			m.Remember(client, a, id, now)
		}
	}
}

// Types of records (RFC 1035 section 3.2.2, RFC 3596 section 2.1).
const (
	typeA    = 1
	typeAAAA = 28
)
