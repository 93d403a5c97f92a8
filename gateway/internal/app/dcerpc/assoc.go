package dcerpc

import (
	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// Limits.
const (
	// MaxInterfaces bounds the contexts of an association.
	MaxInterfaces = 256
	// MaxCalls bounds the calls without an answer; the oldest is given up.
	MaxCalls = 256
	// MaxStub bounds the stub data kept of one direction of a call in bytes, MaxKept
	// that of all open calls.
	MaxStub = 256 << 10
	MaxKept = 2 << 20
)

// Call is a call or a negotiation.
type Call struct {
	Tx            *app.Tx
	ID            uint32
	Req, Resp     byte
	Asked         bool // a request was seen
	Answered      bool // an answer was seen
	Interfaces    []Interface
	Context       uint16
	Opnum         uint16
	Frags         [2]int // by direction
	Size          [2]int // of stub data in bytes
	stub          [2][]byte
	kept          *int // stub data of all open calls
	asked, closed bool // all fragments of the request were seen; the call is over
}

// Assoc is an association: the PDUs of one connection or pipe.
type Assoc struct {
	// WithHead tells that the stub data of answers begin with their head of 8 bytes, as
	// rules for TCP expect.
	WithHead bool
	// Begin gives the transaction for a new call.
	Begin func(c *Call, dir int) *app.Tx
	// Fresh tells that a call has new values in dir.
	Fresh func(c *Call, dir int)
	// End tells that a call is over.
	End func(c *Call)

	bound []Interface // accepted contexts, the latest first found wins
	calls []*Call     // open ones, oldest first
	kept  int
}

// PDU takes a whole PDU that dir sent; h is its header.
func (a *Assoc) PDU(dir int, h Header, pdu []byte) {
	body := pdu[HeaderSize:]
	if dir == app.ToServer {
		a.request(h, body)
	} else {
		a.answer(h, body)
	}
}

// Close ends the calls that are open.
func (a *Assoc) Close() {
	for len(a.calls) > 0 {
		a.end(a.calls[0])
	}
}

// find is the open call with that id of which ok holds, nil for none.
func (a *Assoc) find(id uint32, ok func(*Call) bool) *Call {
	for _, c := range a.calls {
		if c.ID == id && ok(c) {
			return c
		}
	}
	return nil
}

func (a *Assoc) begin(h Header, dir int) *Call {
	if len(a.calls) == MaxCalls {
		a.end(a.calls[0])
	}
	c := &Call{ID: h.Call, kept: &a.kept}
	c.Tx = a.Begin(c, dir)
	a.calls = append(a.calls, c)
	return c
}

func (a *Assoc) end(c *Call) {
	c.closed = true
	a.kept -= len(c.stub[0]) + len(c.stub[1])
	for i := range a.calls {
		if a.calls[i] == c {
			a.calls = append(a.calls[:i], a.calls[i+1:]...)
			break
		}
	}
	a.End(c)
}

// request takes what the client sent.
func (a *Assoc) request(h Header, body []byte) {
	switch h.Type {
	case Request:
		a.callFragment(h, body)
	case Bind, AlterContext:
		c := a.begin(h, app.ToServer)
		c.Req, c.Asked, c.asked = h.Type, true, true
		c.Interfaces = h.interfaces(body)
		a.Fresh(c, app.ToServer)
	case Auth3:
		c := a.begin(h, app.ToServer)
		c.Req, c.Asked = h.Type, true
		a.Fresh(c, app.ToServer)
		a.end(c)
	}
}

// callFragment takes a fragment of a call.
func (a *Assoc) callFragment(h Header, body []byte) {
	context, opnum, stub, ok := h.call(body)
	if !ok {
		return
	}
	c := a.find(h.Call, func(c *Call) bool { return c.Req == Request && c.Asked && !c.asked && !c.Answered })
	if c == nil {
		c = a.begin(h, app.ToServer)
		c.Req, c.Asked, c.Context, c.Opnum = Request, true, context, opnum
		for i := range c.Tx.Sides {
			c.Tx.Sides[i].Number(rule.DCEOpnum, uint64(opnum))
		}
		if i := a.accepted(context); i != nil {
			c.Interfaces = []Interface{*i}
			for d := range c.Tx.Sides {
				c.Tx.Sides[d].Put(rule.DCEInterface, i.Value())
			}
		}
	}
	c.asked = h.Flags&LastFrag != 0
	c.add(app.ToServer, stub, c.asked)
	a.Fresh(c, app.ToServer)
}

// accepted is the interface of a context.
func (a *Assoc) accepted(context uint16) *Interface {
	for i := range a.bound {
		if a.bound[i].Context == context {
			return &a.bound[i]
		}
	}
	return nil
}

// add puts stub data behind what there is.
func (c *Call) add(dir int, stub []byte, last bool) {
	c.Frags[dir]++
	c.Size[dir] += len(stub)
	if room := max(0, min(MaxStub-len(c.stub[dir]), MaxKept-*c.kept)); len(stub) > room {
		stub = stub[:room]
	}
	*c.kept += len(stub)
	if c.stub[dir] == nil {
		c.stub[dir] = []byte{}
	}
	c.stub[dir] = append(c.stub[dir], stub...)
	c.Tx.Sides[dir].Set(rule.DCEStubData, c.stub[dir], !last)
}

// answer takes what the server sent.
func (a *Assoc) answer(h Header, body []byte) {
	switch h.Type {
	case Response, Fault:
		a.answerFragment(h, body)
	case BindAck, AlterResp, BindNak:
		c := a.find(h.Call, func(c *Call) bool { return c.Asked && (c.Req == Bind || c.Req == AlterContext) })
		if c == nil {
			c = a.begin(h, app.ToClient)
		}
		c.Resp, c.Answered = h.Type, true
		if h.Type != BindNak {
			h.results(body, c.Interfaces)
			a.bind(c.Interfaces)
		}
		a.Fresh(c, app.ToClient)
		a.end(c)
	}
}

// bind notes contexts that the server accepted.
func (a *Assoc) bind(list []Interface) {
	for _, i := range list {
		if i.Result != Accepted {
			continue
		}
		if have := a.accepted(i.Context); have != nil {
			*have = i
		} else if len(a.bound) < MaxInterfaces {
			a.bound = append(a.bound, i)
		}
	}
}

// answerFragment takes a fragment of an answer.
func (a *Assoc) answerFragment(h Header, body []byte) {
	c := a.find(h.Call, func(c *Call) bool { return !c.Asked && c.Answered || c.Req == Request && c.Asked })
	if c == nil {
		c = a.begin(h, app.ToClient)
	}
	c.Resp, c.Answered = h.Type, true
	last := h.Flags&LastFrag != 0 || h.Type == Fault
	var stub []byte
	if len(body) >= callHead && h.Type == Response {
		stub = body[callHead:]
		if a.WithHead {
			stub = body
		}
	}
	c.add(app.ToClient, stub, last)
	a.Fresh(c, app.ToClient)
	if last {
		a.end(c)
	}
}
