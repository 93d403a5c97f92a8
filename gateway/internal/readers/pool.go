// Package readers makes the readers of application protocols and lends them to
// conversations: most need one kind only, so readers are not part of each flow's state.
//
// A [Pool] belongs to one worker. Only the engine calls it.
package readers

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/dhcpmsg"
	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/app/http1"
	"otasuke/gateway/internal/app/http1/coding"
	"otasuke/gateway/internal/app/mqttmsg"
	"otasuke/gateway/internal/app/smtpcmd"
	"otasuke/gateway/internal/app/tlsmsg"
	"otasuke/rule"
)

// maxIdle readers of a kind are held back for the next conversations.
const maxIdle = 64

// Config says what readers look at and what their records tell.
type Config struct {
	// HTTP limits what is looked at in HTTP/1; its Want is the pool's.
	HTTP http1.Config
	DNS  dnsmsg.Log
	SMTP smtpcmd.Config
	TLS  tlsmsg.Config
	DHCP dhcpmsg.Config
	MQTT mqttmsg.Config
	// Mail gives all attachments of mails that are sent and fetched, as a scanner wants
	// them: those without a name, those over POP3 and IMAP. No rule asks for them.
	Mail bool
}

// With shows inline what has come of files with each packet, and to a scanner that wants any
// bytes so many of all of them.
func (c Config) With(inline bool, files int) Config {
	c.HTTP.AtOnce = inline
	if files > 0 {
		c.Mail, c.HTTP.Files = true, files
	}
	return c
}

// Pool makes and lends readers.
type Pool struct {
	cfg     Config
	want    rule.BufferSet // what they shall show
	codings coding.Pool    // decoders of all conversations
	dns     dnsmsg.Scratch
	http    http1.Memory
	idle    [rule.NumProtos][2][]app.Reader // of datagrams and of streams
}

// NewPool makes a pool.
func NewPool(cfg Config) *Pool { return &Pool{cfg: cfg} }

// Want says what readers shall show from now on, also those that are lent.
func (p *Pool) Want(want rule.BufferSet) {
	if want.Has(rule.FrameHTTP1Request) { // which is made of its parts
		want.Add(rule.HTTPRequestBody)
	}
	if want.Has(rule.FrameHTTP1Response) {
		want.Add(rule.HTTPResponseBody)
	}
	p.want = want
}

// kind of a reader: those of streams and of datagrams differ within a protocol.
type kind struct {
	proto  rule.Proto
	stream bool
}

// Lend gives a conversation a reader for a protocol, if there is one. stream tells that it
// is carried by TCP.
func (p *Pool) Lend(l *Lent, k app.Sink, proto rule.Proto, stream bool) {
	p.Take(l)
	*l = Lent{kind: kind{proto, stream}}
	if l.reader = p.unused(l.kind); l.reader == nil {
		l.reader = p.make(k, proto, stream)
		return
	}
	l.reader.(reusable).Reset(k)
}

// Take takes the reader of a conversation back.
func (p *Pool) Take(l *Lent) {
	p.keep(l)
	*l = Lent{kind: l.kind}
}

// Rest takes the reader back until there are more bytes, if nothing of it is needed until
// then.
func (p *Pool) Rest(l *Lent) {
	if r, ok := l.reader.(resting); ok {
		if l.next, l.rests = r.Rest(); l.rests {
			p.keep(l)
			l.reader = nil
		}
	}
}

// Wake returns the reader of a conversation, nil for none.
func (p *Pool) Wake(l *Lent, k app.Sink) app.Reader {
	if l.rests {
		l.rests = false
		if l.reader = p.unused(l.kind); l.reader == nil {
			l.reader = p.make(k, l.proto, l.stream)
		}
		l.reader.(resting).Resume(k, l.next)
	}
	return l.reader
}

func (p *Pool) list(k kind) *[]app.Reader {
	if k.stream {
		return &p.idle[k.proto][1]
	}
	return &p.idle[k.proto][0]
}

// unused returns a reader that was lent before, nil for none.
func (p *Pool) unused(k kind) app.Reader {
	l := p.list(k)
	n := len(*l)
	if n == 0 {
		return nil
	}
	r := (*l)[n-1]
	*l = (*l)[:n-1]
	return r
}

// keep holds a reader back for the next conversation.
func (p *Pool) keep(l *Lent) {
	if _, ok := l.reader.(reusable); !ok {
		return
	}
	if list := p.list(l.kind); len(*list) < maxIdle {
		*list = append(*list, l.reader)
	}
}
