package engine

import (
	"net/netip"

	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/stream"
	"otasuke/rule"
)

// Worker judges the packets of one source.
type Worker struct {
	e       *Engine
	src     capture.Source
	scratch *match.Scratch
	in      match.Input
	flows   flow.Table[state]
	frags   packet.Datagrams
	pool    stream.Pool
	dns     dnsmsg.Message
	parts   parts // readers lent to flows

	// Of the packet at hand.
	now  int64
	cap  *capture.Packet
	pkt  packet.Packet
	flow *flow.Flow[state]
	dir  int
	hold bool // this packet waits for a scanner

	holding []*flow.Flow[state]
	waits   []held       // why the packet at hand is held
	seen    bool         // the rules for packets have been matched for it
	fields  match.Packet // its header fields for rules
	tx      match.TxState
	recent  recent
	arena   []byte // buffers built for one inspection
	out     []byte // packets that we send
	number  uint64 // packets so far
}

// state of a conversation, kept in the flow table.
type state struct {
	id      uint64
	half    [2]stream.Half
	app     rule.Proto
	decided bool // the application is known, or given up
	first   [2][]byte

	http *httpConn
	tls  *tlsConn
	quic *quicConn
	dns  *dnsConn

	match   match.FlowState
	alerted bool
	dropped bool // nothing more passes
	passed  bool // a pass rule matched, or a panic: nothing more is judged
	bypass  bool // the kernel forwards it
	blocked bool // our own answer was sent: do not reset again
	held    []held
	mac     [2][6]byte // sender by direction
	port    [2]int
	vlan    uint16
	// sent is the next sequence number of each direction before the packet at hand,
	// or before the first one that is held: what the receiver has.
	sent [2]uint32
	// fin is where a direction ends, once its FIN was seen.
	fin     [2]uint32
	finSeen [2]bool
}

// NewWorker makes a worker for a source. Call Close after the source ended.
func (e *Engine) NewWorker(src capture.Source) (*Worker, error) {
	scratch, err := e.cfg.Rules.NewScratch()
	if err != nil {
		return nil, err
	}
	w := &Worker{e: e, src: src, scratch: scratch}
	w.flows = flow.Table[state]{Max: e.cfg.MaxFlows, Reset: func(s *state) { s.reset() }, Ended: w.ended}
	w.recent.init()
	e.wakers.add(src)
	return w, nil
}

// Close ends all flows and frees the worker's memory.
func (w *Worker) Close() {
	w.flows.EndAll()
	w.scratch.Close()
}

// reset keeps only memory that every conversation uses again.
func (s *state) reset() {
	*s = state{half: s.half, first: [2][]byte{s.first[0][:0], s.first[1][:0]}, held: s.held[:0]}
}

// ended is called for each flow that leaves the table.
func (w *Worker) ended(f *flow.Flow[state]) {
	s := &f.User
	defer w.survived()
	w.closeApp(f)
	for i := range s.half {
		s.half[i].Reset(&w.pool)
	}
	for _, h := range s.held {
		w.src.Decide(h.id, capture.Verdict{})
	}
	s.held = s.held[:0]
	w.logFlow(f)
	w.parts.give(s)
}

var accept = capture.Verdict{Action: capture.Accept}

// Packet judges one packet.
func (w *Worker) Packet(p *capture.Packet) (v capture.Verdict) {
	w.number++
	w.now, w.cap, w.flow, w.hold, w.seen = p.Time, p, nil, false, false
	w.e.Stats.Packets.Add(1)
	w.e.Stats.Bytes.Add(uint64(len(p.Data)))
	defer w.caught(&v)
	if err := w.pkt.Decode(p.Data); err != nil {
		w.e.Stats.Malformed.Add(1)
		return accept
	}
	if w.pkt.Fragment {
		whole := w.frags.Add(&w.pkt, p.Time)
		switch {
		case whole == nil && w.frags.Refused():
			w.e.Stats.Conflicts.Add(1)
			return w.drop() // pieces that contradict: nobody can know what the receiver makes of them
		case whole == nil:
			return accept // the last fragment carries the judgement
		case w.pkt.Decode(whole) != nil || w.pkt.Fragment:
			w.e.Stats.Malformed.Add(1)
			return w.drop()
		}
	}
	if p.Unverified && w.e.cfg.Inline && !w.pkt.ChecksumOK() {
		// The receiver will not take it; judging it would let it stand for other bytes.
		w.e.Stats.Malformed.Add(1)
		return w.drop()
	}
	w.flow, w.dir = w.flows.Find(&w.pkt, p.Time)
	return w.judge()
}

// caught turns a panic into a passed packet and a flow that is left alone.
func (w *Worker) caught(v *capture.Verdict) {
	if r := recover(); r != nil {
		w.failed()
		*v = accept
	}
}

// survived is caught for work that no packet waits for.
func (w *Worker) survived() {
	if r := recover(); r != nil {
		w.failed()
	}
}

// failed counts a panic and leaves the flow at hand alone, with what is held of it.
func (w *Worker) failed() {
	w.e.Stats.Panics.Add(1)
	w.e.Stats.Uninspected.Add(1)
	w.waits = w.waits[:0]
	if w.flow == nil {
		return
	}
	s := &w.flow.User
	s.passed = true
	for _, h := range s.held {
		w.src.Decide(h.id, accept)
	}
	s.held = s.held[:0]
}

func (w *Worker) drop() capture.Verdict {
	if !w.e.cfg.Inline {
		return accept
	}
	w.e.Stats.Blocked.Add(1)
	return capture.Verdict{Action: capture.Drop}
}

func (w *Worker) judge() capture.Verdict {
	s := &w.flow.User
	if w.e.cfg.probe != nil {
		w.e.cfg.probe()
	}
	s.mac[w.dir], s.port[w.dir], s.vlan = w.cap.MAC, w.cap.InPort, w.cap.VLAN
	if s.id == 0 {
		s.id = flowID(w.flow.Key, w.flow.Started)
		w.opened()
		if s.dropped {
			w.refuse()
		}
	}
	switch {
	case s.dropped:
		return w.drop()
	case s.bypass:
		return capture.Verdict{Mark: w.e.cfg.BypassMark}
	case s.passed:
		return accept
	}
	ok := true
	switch w.pkt.Proto {
	case packet.TCP:
		ok = w.tcp()
	case packet.UDP:
		ok = w.udp()
	default:
		w.inspectPacket()
	}
	switch {
	case s.dropped || !ok:
		w.waits = w.waits[:0]
		return w.drop()
	case w.hold:
		return w.keep()
	case s.bypass:
		w.e.Stats.Bypassed.Add(1)
		return capture.Verdict{Mark: w.e.cfg.BypassMark}
	}
	return accept
}

// opened looks at what is known before any byte: the addresses.
func (w *Worker) opened() {
	k := w.flow.Key
	for _, a := range [2]netip.Addr{k.Server, k.Client} {
		if w.e.cfg.Home(a) {
			continue
		}
		if list, bad := w.e.lists.Load().Addr(a); bad {
			w.site(a.String(), "ip", list)
			return
		}
	}
}

// refuse answers an inside client's first segment to a dangerous address, so that
// it does not wait for a time-out.
func (w *Worker) refuse() {
	s, p := &w.flow.User, &w.pkt
	if w.dir == 0 && w.isTCP() && p.Flags&packet.SYN != 0 && w.e.cfg.Home(w.flow.Key.Client) {
		s.half[0].Start(p.Seq + 1)
		s.blocked = true
		w.resetSide(0)
	}
}

// Tick does what time asks for: scanners' answers and old flows.
func (w *Worker) Tick(now int64) {
	w.now = now
	w.settle()
	w.flows.Expire(now, expirePerTick)
}

// flowID makes the number that records of one flow share.
func flowID(k flow.Key, started int64) uint64 {
	h := uint64(14695981039346656037)
	mix := func(b byte) { h = (h ^ uint64(b)) * 1099511628211 }
	for _, a := range [2]netip.Addr{k.Client, k.Server} {
		b := a.As16()
		for _, c := range b {
			mix(c)
		}
	}
	for _, v := range [3]uint64{uint64(k.ClientPort)<<16 | uint64(k.ServerPort), uint64(k.Proto), uint64(started)} {
		for i := range 8 {
			mix(byte(v >> (8 * i)))
		}
	}
	return h >> 11 // EVE readers keep 53 bits
}
