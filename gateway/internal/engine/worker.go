package engine

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/appid"
	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/decision"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/fault"
	"otasuke/gateway/internal/fields"
	"otasuke/gateway/internal/file"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/match/live"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/pressure"
	"otasuke/gateway/internal/readers"
	"otasuke/gateway/internal/redact"
	"otasuke/gateway/internal/reply"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/session"
	"otasuke/gateway/internal/sites"
	"otasuke/gateway/internal/stream"
	"otasuke/gateway/internal/usage"
	"otasuke/gateway/internal/watch"
	"otasuke/rule"
)

// Worker judges the packets of one source.
type Worker struct {
	e   *Engine
	src capture.Source
	// fresh are the bytes of direction windowOf that its reader is being given, window those and
	// those before; judging is what was searched of the file that is judged.
	fresh    []byte
	window   []byte
	windowOf int
	judging  *match.File
	rules    *match.Set
	scratch  *match.Scratch
	seat     *live.Seat
	in       match.Input
	flows    flow.Table[state]
	pressure pressure.Gauge
	dec      packet.Decoder
	pool     stream.Pool
	readers  *readers.Pool
	firsts   [][]byte              // buffers that no flow uses
	used     rule.BufferSet        // what readers shall show
	digests  [file.NumDigests]bool // of files that rules or records ask for
	expects  readers.Expected
	tags     evelog.HostTags // hosts whose packets are told of

	// Of the packet at hand.
	now  int64
	cap  *capture.Packet
	pkt  *packet.Packet
	pkts []packet.Packet // of the frame
	at   int             // place of pkt among them
	flow *flow.Flow[state]
	dir  int
	told int               // direction that is being judged; alerts go its way
	hold bool              // this packet waits for a scanner
	d    decision.Decision // about it

	holding   []*flow.Flow[state]
	reports   watch.Reports
	viruses   watch.Recent
	grown     []*app.File  // with the bytes at hand
	waits     []watch.Held // why the packet at hand is held
	seen      bool         // the rules for packets have been matched for it
	fields    *fields.View
	renewed   func(*eve.Record) // is renew
	watch     sites.Watch
	who       func() filter.Device // is device
	single    [1]app.Value
	latest    *app.Tx // that the packet at hand has shown
	judged    bool    // it was judged alone, with the rules for streams
	segmentAt session.Segment
	noStream  bool   // the packet at hand belongs to no stream
	answer    []byte // of ours to the datagram at hand
	out       []byte // packets that we send
	number    uint64 // packets so far
	counts    *evelog.Counts
	batch     eve.Batch
	viewed    evelog.View
	end       evelog.End
	counted   usage.Conversation
	nothing   packet.Packet // stands for the one that is not at hand
	late      bool          // the flow at hand has ended
	closing   bool          // the source has ended
	inStream  bool          // what is being judged are bytes of the stream
}

// state of a conversation, kept in the flow table.
type state struct {
	id       uint64
	lists    uint32 // by which its ends were looked up
	half     [2]stream.Half
	session  session.Session
	open     bool // the connection was established before the packet at hand
	app      rule.Proto
	track    appid.Track // recognition of the application
	original rule.Proto  // before it changed
	size     [2]uint64   // bytes that recognition was given

	reader  readers.Lent
	asked   bool       // whether it was announced
	expects rule.Proto // what the conversation was to become
	becomes bool       // the conversation goes on as next
	next    rule.Proto
	told    [2]uint64 // bytes skipped that the reader was told of
	closed  [2]bool   // the reader was told of the end

	match   match.FlowState
	parent  uint64 // id of the flow that has announced this one
	facts   evelog.Facts
	use     usage.Flow
	alerted bool
	dropped bool             // nothing more passes
	quiet   bool             // a rule wants no records of transactions
	muted   bool             // a pass rule matched: rules are not matched any more
	passed  bool             // a pass rule matched, or a panic: nothing more is judged
	bypass  bool             // the kernel forwards it
	begun   bool             // bytes of the current response have passed: no page can stand in its place
	blocked bool             // our own answer was sent: do not reset again
	resets  [2]uint8         // that each end was sent
	judged  [2]uint32        // up to where somebody has looked at a direction
	ends    [2]capture.Place // of the senders by direction
	// sent is the next sequence number of each direction before the packet at hand,
	// or before the first one that is held: what the receiver has.
	sent  [2]uint32
	guard stream.Guard // of the connection's beginning and end

	*seldom // nil where nothing of it is needed
}

func (s *state) macs() [2][6]byte { return [2][6]byte{s.ends[0].MAC, s.ends[1].MAC} }

// seldom is what most conversations have at no time, or for a moment.
type seldom struct {
	first  [2][]byte  // bytes that recognition was given
	scans  scan.Group // that may not be answered yet
	held   watch.Queue
	rest   []byte // of a reader that gave up its conversation
	restOf int
	later  evelog.Later
	edit   *redact.Editor
	tags   evelog.Tags // of the session
	why    string      // why nothing more passes, "" for a rule
}

// nothing is what is read of a conversation that has none of it; nobody writes to it.
var nothing seldom

// rare is for reading, own for writing.
func (s *state) rare() *seldom {
	if s.seldom == nil {
		return &nothing
	}
	return s.seldom
}

func (s *state) own() *seldom {
	if s.seldom == nil {
		s.seldom = new(seldom)
	}
	return s.seldom
}

// NewWorker makes a worker for a source. Call Close after the source ended.
func (e *Engine) NewWorker(src capture.Source) (*Worker, error) {
	w := &Worker{e: e, src: src, dec: packet.Decoder{Inline: e.cfg.Inline}, readers: readers.NewPool(e.cfg.Readers.With(e.cfg.Inline, e.cfg.Scanner.Wants())), fields: fields.New(), counts: new(evelog.Counts)}
	var err error
	if w.seat, err = e.rules.Join(); err != nil {
		return nil, err
	}
	w.take()
	w.flows = flow.Table[state]{AnyLevel: e.cfg.AnyLevel, Max: e.cfg.MaxFlows, AnyVLAN: e.cfg.AnyVLAN, Literal: !e.cfg.Inline && !e.cfg.Session.Midstream, Reset: func(s *state) { s.reset() }, Ended: w.ended}
	w.flows.Cut = func(s *state) bool { return s.dropped && e.cfg.Inline }
	w.renewed, w.who, w.pressure.Max = w.renew, w.device, e.cfg.MaxMemory
	w.batch = eve.Batch{Size: e.cfg.Gather, Emit: e.cfg.Emit}
	w.viewed.Blank = w.batch.Blank
	e.countsMu.Lock()
	e.counts = append(e.counts, w.counts)
	e.countsMu.Unlock()
	e.wakers.Add(src)
	return w, nil
}

func (w *Worker) sink() *sink { return (*sink)(w) }

// Close ends all flows and frees the worker's memory.
func (w *Worker) Close() {
	w.closing = true
	w.flows.EndAll()
	w.reports.Done(w.now, true, w.report)
	w.limits()
	w.batch.Hand()
	w.seat.Leave()
}

// reset keeps only memory that every conversation uses again.
func (s *state) reset() {
	s.match.Reset()
	s.session.Reset()
	*s = state{half: s.half, match: s.match, session: s.session, seldom: s.seldom}
	if r := s.seldom; r != nil {
		r.later.Reset()
		*r = seldom{held: r.held[:0], scans: r.scans[:0], later: r.later, tags: r.tags[:0]}
	}
}

// ended is called for each flow that leaves the table.
func (w *Worker) ended(f *flow.Flow[state]) {
	s := &f.User
	defer w.caught(nil)
	defer func(flow *flow.Flow[state], pkts []packet.Packet, pkt *packet.Packet, told int) {
		w.flow, w.pkts, w.pkt, w.told, w.late = flow, pkts, pkt, told, false
	}(w.flow, w.pkts, w.pkt, w.told)
	w.nothing = packet.Packet{Proto: f.Key.Proto}
	w.flow, w.pkts, w.pkt, w.late, w.at, w.told = f, nil, &w.nothing, true, 0, 0
	if s.seldom != nil {
		s.later.Flush(w.renewed)
	}
	w.closeReader(0)
	w.closeReader(1)
	w.e.cfg.Usage.Count(&s.use, w.conversation(), true)
	w.logFlow()
	for i := range s.half {
		s.half[i].Reset(&w.pool)
	}
	if s.seldom != nil {
		s.scans.End()
		s.held.Give(w.decide)
		s.forgetFirst(w)
	}
	w.readers.Take(&s.reader)
}

var accept = capture.Verdict{Action: capture.Accept}

// Packet judges one packet.
func (w *Worker) Packet(p *capture.Packet) (v capture.Verdict) {
	w.renewRules()
	w.number++
	w.now, w.cap, w.flow, w.hold, w.seen = p.Time, p, nil, false, false
	w.e.Stats.Packets.Add(1)
	w.e.Stats.Last.Store(p.Time)
	w.e.Stats.Bytes.Add(uint64(len(p.Data)))
	defer w.caught(&v)
	w.pkts = packet.Tagged(w.dec.Frame(p.Link, p.Data, p.Time), p.VLAN)
	w.counts.Frame(w.pkts, w.e.cfg.EVE.DecoderEvents)
	v, w.d.Rejected = accept, false
	for i := range w.pkts {
		w.pkt, w.at, w.flow, w.seen = &w.pkts[i], i, nil, false
		w.d.Begin()
		w.judged, w.latest = false, nil
		w.scratch.NewPacket()
		got := w.one(p)
		if got.Action == capture.Drop && !w.d.Instead {
			w.stopped()
		}
		w.packetAnomalies()
		w.logARP()
		w.logVars()
		w.logTagged()
		if got.Worse(v) {
			v = got
		}
	}
	if w.e.cfg.Inline {
		w.counts.Verdict(v.Action == capture.Drop && !w.d.Instead, w.d.Rejected)
	}
	return v
}

// one judges one packet of the frame.
func (w *Worker) one(p *capture.Packet) capture.Verdict {
	pkt := w.pkt
	switch {
	case pkt.Refused:
		w.e.Stats.Conflicts.Add(1)
		if v := w.alone(); v.Action == capture.Drop { // rules may name what is wrong
			return v
		}
		w.d.Why = evelog.ReasonDefrag
		return w.drop() // pieces that contradict: nobody can know what the receiver makes of them
	case pkt.Version == 0 || pkt.Invalid || pkt.Fragment || pkt.TransportHeader() == nil && pkt.Proto != packet.IPv4Inside && pkt.Proto != packet.IPv6Inside:
		if pkt.Invalid {
			w.e.Stats.Malformed.Add(1)
		}
		return w.alone()
	case p.Unverified && w.e.cfg.Inline && !pkt.ChecksumOK():
		// The receiver will not take it; judging it would let it stand for other bytes.
		w.e.Stats.Malformed.Add(1)
		return w.drop()
	}
	if pkt.Proto == packet.ICMP && pkt.ICMPError() {
		w.flows.Related(pkt, p.Time)
		return w.alone()
	}
	w.flow, w.dir = w.flows.Find(pkt, p.Time)
	w.told = w.dir
	return w.judge()
}

// alone judges a packet that belongs to no conversation.
func (w *Worker) alone() capture.Verdict {
	in := &w.in
	*in = match.Input{Src: w.pkt.Src, Dst: w.pkt.Dst, SrcPort: w.pkt.SrcPort, DstPort: w.pkt.DstPort, IPProto: w.pkt.Proto,
		ToServer: true, FlowStart: w.pkt.Version != 0, Hosts: w.e.hosts, Now: w.now}
	in.Undecoded = w.pkt.Version == 0
	w.withPacket(in)
	in.PacketRules = true
	w.packetValues(in)
	blocked := false
	hits := w.rules.Inspect(w.scratch, in)
	w.d.Foresee(hits, w.e.cfg.Inline)
	for _, h := range hits {
		if h.Action == rule.Pass {
			break
		}
		w.counts.Alert(h.Silent)
		if !h.Silent {
			w.batch.Add(w.alertRecord(&h, nil))
		}
		if h.Action.Blocks() {
			blocked = true
			w.d.StoppedBy(&h)
		}
	}
	if blocked {
		return w.drop()
	}
	return accept
}

// caught turns a panic into a flow that is left alone, and a passed packet where one waits
// for v.
func (w *Worker) caught(v *capture.Verdict) {
	if r := recover(); r != nil {
		if w.failed(r); v != nil {
			*v = accept
		}
	}
}

// failed counts a panic, tells of it with the packet at hand, and leaves the flow at hand
// alone, with what is held of it.
func (w *Worker) failed(reason any) {
	w.e.Stats.Panics.Add(1)
	w.e.Stats.Uninspected.Add(1)
	w.waits, w.grown, w.window, w.judging = w.waits[:0], w.grown[:0], nil, nil
	if w.e.cfg.Fault != nil {
		w.e.cfg.Fault(fault.Of(reason, w.now, w.cap, w.flow.String()))
	}
	if w.flow == nil {
		return
	}
	s := &w.flow.User
	s.passed = true
	if s.seldom != nil {
		s.held.Give(w.decide)
	}
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
	if w.e.cfg.Probe != nil {
		w.e.cfg.Probe()
	}
	s.ends[w.dir] = capture.Place{Port: int32(w.cap.InPort), MAC: w.cap.MAC, Tag: w.cap.Tag}
	if w.pkt.HasMAC {
		s.ends[w.dir].MAC = w.pkt.SrcMAC
	}
	if s.id == 0 {
		s.id = w.flow.Number()
		w.counts.Flow(w.flow.Key.Proto)
		w.e.cfg.Applications.Open(&s.use.Flow, &w.flow.Key, w.now)
	}
	if n := w.e.renewals.Load(); s.lists != n && !s.dropped {
		if s.lists = n; w.listed() {
			w.refuse()
		}
	}
	s.facts.Packet(w.pkt, w.dir)
	switch {
	case s.dropped:
		if w.d.Why = s.rare().why; w.d.Why == "" {
			w.d.Why = evelog.ReasonFlow
		}
		if ip := reply.Again(w.out[:0], w.flow.Key, w.dir, w.pkt, &s.resets[w.dir]); ip != nil {
			w.send(w.dir, ip)
		}
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
	w.follow()
	switch {
	case s.dropped || !ok || w.d.Stop:
		w.waits = w.waits[:0]
		return w.drop()
	case w.hold:
		return w.keep()
	case len(s.rare().held) > 0:
		w.free()
	}
	if !s.bypass {
		return w.instead()
	}
	w.e.Stats.Bypassed.Add(1)
	w.e.cfg.Usage.LetGo(&s.use, w.conversation())
	return capture.Verdict{Mark: w.e.cfg.BypassMark}
}

// Tick does what time asks for: scanners' answers and old flows.
func (w *Worker) Tick(now int64) {
	w.now = now
	w.renewRules()
	w.settle()
	w.reports.Done(now, false, w.report)
	w.flows.Expire(now, expirePerTick)
	w.pressure.Relieve(&w.flows)
	w.limits()
	w.batch.Hand()
}

// Rest lets no alert wait for more packets.
func (w *Worker) Rest() { w.batch.Urge() }

// limits tells statistics what is held and which limits were hit.
func (w *Worker) limits() {
	w.counts.Hit(&evelog.Limits{Flows: uint64(w.flows.Len()), Evicted: w.flows.Evicted, MemoryShort: w.pressure.Times, SitesUntold: w.watch.Untold(), Fragments: &w.dec.Fragments, Pool: &w.pool, Rules: w.scratch})
}
