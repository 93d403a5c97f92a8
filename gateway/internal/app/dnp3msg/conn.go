package dnp3msg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
	"otasuke/rule"
)

// MaxMessage is the longest application message that is put together: devices take 2 KiB.
const MaxMessage = 64 << 10

// message is a transaction.
type message struct {
	frame
	control, function uint8
	response          bool
	iin               uint16
	objects           []object
	complete          bool
}

// part is a message that is being put together.
type part struct {
	frame
	data []byte
	open bool
	seq  uint8
}

// Conn reads one conversation.
type Conn struct {
	turns   turn.List[message]
	half    [2]octets.Buffer
	parts   [2]part
	stopped [2]bool
	stream  bool
}

// New makes a reader that tells sink. stream is for TCP.
func New(sink app.Sink, stream bool) *Conn {
	c := &Conn{stream: stream}
	c.turns.Init(sink, rule.ProtoDNP3, recorder{}, "dnp3")
	return c
}

// Push implements [app.Reader].
func (c *Conn) Push(dir int, b []byte) {
	switch {
	case c.stopped[dir]:
	case c.stream:
		c.half[dir].Feed(b, func(b []byte) (int, int) { return c.next(dir, b) })
	default:
		for len(b) > 0 && !c.stopped[dir] {
			n, _ := c.next(dir, b)
			if n == 0 {
				return
			}
			b = b[n:]
		}
	}
}

// Gap implements [app.Reader]: frames cannot be told apart behind missing bytes.
func (c *Conn) Gap(dir, _ int) { c.stopped[dir] = c.stream }

// Close implements [app.Reader].
func (c *Conn) Close(int) {}

// event tells of an event that belongs to no message.
func (c *Conn) event(dir int, name string) {
	t := c.turns.Begin()
	t.Tx.Sides[dir].Event("dnp3." + name)
	c.turns.Step(t, dir)
	c.turns.Drop(t)
}

// next takes a link frame. What is not at the beginning of one is passed over.
func (c *Conn) next(dir int, b []byte) (took, need int) {
	if len(b) < linkHead {
		return 0, linkHead
	}
	if b[0] != 0x05 || b[1] != 0x64 {
		return 1, 0
	}
	if b[2] < 5 {
		c.event(dir, "len_too_small")
		return linkHead, 0
	}
	n := frameSize(b[2])
	if len(b) < n {
		return 0, n
	}
	if !summed(b, linkHead-sumSize) {
		c.event(dir, "bad_link_crc")
		return n, 0
	}
	f := frame{control: b[3], dst: uint16(b[4]) | uint16(b[5])<<8, src: uint16(b[6]) | uint16(b[7])<<8}
	if n > linkHead {
		c.transport(dir, f, b[linkHead:n])
	}
	return n, 0
}

// transport puts fragments together (IEEE 1815 section 8).
func (c *Conn) transport(dir int, f frame, b []byte) {
	const fin, fir, seq = 0x80, 0x40, 0x3f
	p := &c.parts[dir]
	data, ok := blocks(nil, b)
	if !ok {
		c.event(dir, "bad_transport_crc")
	}
	if len(data) < 1 {
		return
	}
	head := data[0]
	switch {
	case head&fir != 0:
		p.frame, p.data, p.open = f, p.data[:0], true
	case !p.open || head&seq != (p.seq+1)&seq:
		p.open = false
		return
	}
	p.seq = head & seq
	if len(p.data)+len(data) > MaxMessage {
		c.event(dir, "too_long_reassembly")
		p.open = false
		return
	}
	p.data = append(p.data, data[1:]...)
	if head&fin != 0 {
		p.open = false
		c.application(dir, p.frame, p.data)
	}
}

// Functions of the application (section 4.2.2.5) that are answers, and those questions
// whose objects have no points.
const (
	fnRead       = 1
	fnImmFreeze  = 7
	fnFreezeLast = 12
	fnEnable     = 20
	fnAssign     = 22
	fnResponse   = 129
)

// application reads a whole message.
func (c *Conn) application(dir int, f frame, b []byte) {
	t := c.turns.Begin()
	s, m := &t.Tx.Sides[dir], &t.Data
	data := s.Keep(b)
	cur := octets.New(data)
	m.frame = f
	m.control, m.function = cur.U8(), cur.U8()
	if m.response = m.function >= fnResponse; m.response {
		m.iin = cur.U16()
	}
	if !cur.OK() {
		c.turns.Drop(t)
		return
	}
	with := m.response || !(m.function == fnRead || m.function >= fnImmFreeze && m.function <= fnFreezeLast || m.function >= fnEnable && m.function <= fnAssign)
	var event string
	m.objects, event = readObjects(&cur, with)
	m.complete = cur.OK() && event == ""
	if event != "" {
		s.Event("dnp3." + event)
	}
	s.Put(rule.DNP3Data, data)
	s.Number(rule.DNP3Func, uint64(m.function))
	if m.response {
		s.Number(rule.DNP3Ind, uint64(m.iin))
	}
	for _, o := range m.objects {
		s.Number(rule.DNP3Obj, uint64(o.group)<<8|uint64(o.variation))
	}
	c.turns.Message(t, dir)
}
