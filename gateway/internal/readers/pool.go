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
}

// Pool makes and lends readers.
type Pool struct {
	cfg     Config
	want    rule.BufferSet // what they shall show
	codings coding.Pool    // decoders of all conversations
	dns     dnsmsg.Scratch
	http    http1.Memory
	idle    map[kind][]reusable
}

// NewPool makes a pool.
func NewPool(cfg Config) *Pool { return &Pool{cfg: cfg, idle: map[kind][]reusable{}} }

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

// reusable is a reader that can read another conversation.
type reusable interface {
	app.Reader
	Reset(app.Sink)
}

// kind of a reader: those of streams and of datagrams differ within a protocol.
type kind struct {
	proto  rule.Proto
	stream bool
}

// Get returns a reader for a protocol, nil when there is none. stream tells that it is
// carried by TCP.
func (p *Pool) Get(k app.Sink, proto rule.Proto, stream bool) app.Reader {
	of := kind{proto, stream}
	if list := p.idle[of]; len(list) > 0 {
		r := list[len(list)-1]
		p.idle[of] = list[:len(list)-1]
		r.Reset(k)
		return r
	}
	return p.make(k, proto, stream)
}

// Give takes a reader back that nobody uses any more.
func (p *Pool) Give(r app.Reader, proto rule.Proto, stream bool) {
	of := kind{proto, stream}
	if r, ok := r.(reusable); ok && len(p.idle[of]) < maxIdle {
		p.idle[of] = append(p.idle[of], r)
	}
}
