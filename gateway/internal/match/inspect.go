package match

import (
	"slices"

	"otasuke/gateway/internal/match/bytexpr"
	"otasuke/gateway/internal/match/gate"
	"otasuke/gateway/internal/match/index"
	"otasuke/gateway/internal/match/literal"
	"otasuke/gateway/internal/match/note"
	"otasuke/gateway/internal/match/place"
	"otasuke/rule"
)

// Scratch is the working memory of one worker. It belongs to one set and must
// not be used by two goroutines at once.
type Scratch struct {
	lit    *literal.Scratch
	seen   []uint32 // number of the inspection that made the rule a candidate
	waits  []uint32 // number of the inspection that has seen the rule wait
	turn   uint32
	cand   []uint32
	hits   []Hit
	probe  probe
	base64 []byte
	expr   bytexpr.Scratch
	swap   []byte
	shown  [][]byte  // by variant
	addr   [16]byte  // an address as a buffer
	notes  note.List // text that the rule at hand keeps
	packet note.List // variables of the packet
	ahead  ahead
	door   *gate.Door
	kind   int // of the traffic at hand
	// at is the place of a buffer's first value in the input, plus one; fresh those to
	// be searched. Both hold during one inspection.
	at    [rule.NumBuffers]uint16
	fresh rule.BufferSet
	// anew tells that what was searched before was not searched for this set.
	anew bool

	// Candidates counts rules tried, for measurements.
	Candidates     uint64
	exhausted, cut uint64
}

// GaveUp counts how often a rule was taken for one that does not match because its work on
// a buffer was used up, how often because its expression's time was, and how often more
// matched than are told.
func (sc *Scratch) GaveUp() (work, expressions, cut uint64) {
	return sc.exhausted, sc.expr.GaveUp, sc.cut
}

// GoOn takes the counts of the working memory that sc replaces.
func (sc *Scratch) GoOn(from *Scratch) {
	sc.Candidates, sc.exhausted, sc.expr.GaveUp, sc.cut = from.Candidates, from.exhausted, from.expr.GaveUp, from.cut
}

// NewScratch makes the working memory of a worker.
func (s *Set) NewScratch() (*Scratch, error) {
	lit, err := literal.NewScratch(s.dbs...)
	if err != nil {
		return nil, err
	}
	return &Scratch{door: s.gates.NewDoor(), lit: lit, seen: make([]uint32, len(s.rules)), waits: make([]uint32, len(s.rules)), shown: make([][]byte, len(s.variants)),
		cand: make([]uint32, 0, 256), hits: make([]Hit, 0, maxHits)}, nil
}

// Close frees the memory.
func (sc *Scratch) Close() { sc.lit.Close() }

// Inspect returns the rules that the input fulfils, in the order in which they
// count: pass (then nothing else follows), drop, reject, alert. The slice is
// good until the next call with the same scratch.
func (s *Set) Inspect(sc *Scratch, in *Input) []Hit {
	sc.hits, sc.cand = sc.hits[:0], sc.cand[:0]
	if sc.turn++; sc.turn == 0 {
		clear(sc.seen)
		clear(sc.waits)
		sc.turn = 1
	}
	sc.anew = s.adopt(in)
	sc.door.Set(&gate.Input{Src: in.Src, Dst: in.Dst, IPProto: in.IPProto, Version: version(in.Src), App: in.App, SrcPort: in.SrcPort, DstPort: in.DstPort, Payload: len(in.Payload), ToServer: in.ToServer, Established: in.Established})
	sc.kind = sc.door.Kind()
	s.gather(sc, in)
	defer sc.forget(in)
	if len(sc.cand) == 0 {
		return nil
	}
	slices.Sort(sc.cand)
	sc.Candidates += uint64(len(sc.cand))
	sc.expr.Now = in.Now
	for _, id := range sc.cand {
		hit, ok := s.judge(sc, in, id)
		if !ok && len(in.Stream) > 0 {
			s.remember(in, id)
		}
		if ok {
			sc.hits = append(sc.hits, hit)
			if len(sc.hits) == maxHits {
				sc.cut++
			}
			if hit.Action == rule.Pass || len(sc.hits) == maxHits {
				break
			}
		}
	}
	return sc.hits
}

// adopt forgets what another set has left in the states. It tells that this set has not
// searched what there is of the transaction.
func (s *Set) adopt(in *Input) (anew bool) {
	if f := in.Flow; f != nil && f.epoch != s.epoch {
		f.Reset()
		f.epoch, f.crowded = s.epoch, [2]bool{true, true} // this set has not searched the window
	}
	if t := in.Tx; t != nil && t.epoch != s.epoch {
		t.Reset()
		t.epoch = s.epoch
		return true
	}
	return in.Tx == nil
}

// remember keeps a rule that was found in the stream until what was found has left the
// window: the rest of it may come.
func (s *Set) remember(in *Input, id uint32) {
	if k := &s.rules[id]; in.Flow != nil && k.kind == payloadRule && k.r.PayloadStream && k.searched {
		in.Flow.remember(direction(in.ToServer), id, in.StreamOffset+uint64(len(in.Stream)))
	}
}

func (sc *Scratch) candidate(id uint32) {
	if sc.door.Admits(id) && sc.seen[id] != sc.turn {
		sc.seen[id] = sc.turn
		sc.cand = append(sc.cand, id)
	}
}

func (sc *Scratch) candidates(ids []uint32) {
	for _, id := range ids {
		sc.candidate(id)
	}
}

// gather collects the rules worth trying.
func (s *Set) gather(sc *Scratch, in *Input) {
	dir := direction(in.ToServer)
	if in.PacketRules && !in.Undecoded {
		switch {
		case in.Encrypted:
		case in.IPProto != rule.IPProtoTCP:
			s.scan(sc, packetVariant, dir, in.Payload)
		case len(in.Stream) == 0 || in.StreamNew != len(in.Payload):
			s.scan(sc, streamVariant, dir, in.Payload) // what is in order is searched once, with the stream
		}
		s.gatherPacket(sc, in, dir)
	}
	sc.fresh = rule.BufferSet{}
	if in.NoStream && len(in.Payload) > 0 {
		sc.candidates(s.bare[dir][rule.BufStream])
	}
	if len(in.Stream) > 0 {
		sc.fresh.Add(rule.BufStream)
		s.gatherStream(sc, in, dir)
	}
	for i := range in.Values {
		v := &in.Values[i]
		if sc.at[v.Buffer] == 0 {
			sc.at[v.Buffer] = uint16(i + 1)
		}
		if v.Fresh {
			sc.fresh.Add(v.Buffer)
			s.gatherBuffer(sc, in, v, dir)
		}
	}
	s.gatherPending(sc, in, dir)
	if in.Complete {
		sc.candidates(s.absent[dir])
	}
}

// forget ends what gather has noted about the input.
func (sc *Scratch) forget(in *Input) {
	for i := range in.Values {
		sc.at[in.Values[i].Buffer] = 0
	}
}

func (s *Set) gatherPacket(sc *Scratch, in *Input, dir int) {
	p := index.Packet{IPProto: in.IPProto, SrcPort: in.SrcPort, DstPort: in.DstPort, App: in.App}
	if in.Packet != nil {
		p.Flags = in.Packet.TCPFlags
	}
	for _, list := range s.packets.Find(p) {
		sc.candidates(list)
	}
	if in.FlowStart {
		bySrc, byDst, wide := s.ips.Find(in.Src, in.Dst)
		sc.candidates(bySrc)
		sc.candidates(byDst)
		sc.candidates(wide)
	}
}

// gatherPending takes up the rules that wait for what is fresh now.
func (s *Set) gatherPending(sc *Scratch, in *Input, dir int) {
	if in.Tx == nil {
		return
	}
	kept := in.Tx.pending[dir][:0]
	for _, id := range in.Tx.pending[dir] {
		if sc.waits[id] == sc.turn { // it was found twice
			continue
		}
		sc.waits[id] = sc.turn
		need := &s.rules[id].need
		if in.Complete || need.Intersects(&sc.fresh) || need.Has(rule.BufPayload) && sc.fresh.Has(rule.BufStream) {
			sc.candidate(id)
		} else {
			kept = append(kept, id)
		}
	}
	in.Tx.pending[dir] = kept
}

// transformed returns data as the variant shows it. The result lies in the scratch and
// is good until the same variant is asked again.
func (s *Set) transformed(sc *Scratch, v uint16, data []byte) []byte {
	return s.variants[v].transforms.Apply(&sc.shown[v], &sc.swap, data)
}

// judge tries one candidate.
func (s *Set) judge(sc *Scratch, in *Input, id uint32) (Hit, bool) {
	k := &s.rules[id]
	if !s.gates.Plain(id) && (!k.headerFits(in) || !packetFits(k.r, in) || !s.bitsFit(k, in) || !s.places.Fits(k.r, in.Src, in.Dst) || !varsFit(sc, k.r, in)) {
		return Hit{}, false
	}
	if k.kind == txRule && in.Tx != nil && slices.Contains(in.Tx.fired, id<<1|uint32(direction(in.ToServer))) {
		return Hit{}, false
	}
	sc.notes = sc.notes[:0]
	switch s.contents(sc, in, k, id) {
	case wait:
		if in.Tx != nil {
			in.Tx.wait(direction(in.ToServer), id)
		}
		return Hit{}, false
	case no:
		return Hit{}, false
	}
	hit, told := s.fire(k, in, id)
	if len(sc.notes) > 0 {
		hit.Notes = sc.noted(in)
	}
	return hit, told
}

// fire records a match and decides whether it is told.
func (s *Set) fire(k *compiled, in *Input, id uint32) (Hit, bool) {
	r := k.r
	onceAFlow := len(k.sections) == 0 && r.Proto.App()
	if f := in.Flow; f != nil && (k.kind == payloadRule || onceAFlow) {
		mark := id<<1 | uint32(direction(in.ToServer))
		if before := slices.Contains(f.fired, mark); before && onceAFlow {
			return Hit{}, false
		} else if !before && len(f.fired) < maxFired {
			f.fired = append(f.fired, mark)
		}
	}
	if k.kind == txRule && in.Tx != nil {
		in.Tx.fired = append(in.Tx.fired, id<<1|uint32(direction(in.ToServer)))
	}
	if in.Hosts != nil && r.DetectionFilter != nil {
		if !in.Hosts.Filter(r, in.ends()) {
			return Hit{}, false
		}
	}
	s.changeBits(k, in)
	hit := Hit{Rule: r, Action: r.Action, Silent: r.NoAlert || place.Suppressed(r, in.Src, in.Dst)}
	if in.Hosts != nil && r.RateFilter != nil && in.Hosts.Rate(r, in.ends()) {
		hit.Action = r.RateFilter.Action
	}
	if in.Hosts != nil && r.Threshold != nil {
		counts, told := in.Hosts.Threshold(r, in.ends())
		if !counts {
			return Hit{}, false
		}
		hit.Silent = hit.Silent || !told
	}
	if hit.Silent && hit.Action == rule.Alert {
		return Hit{}, false
	}
	return hit, true
}

type outcome uint8

const (
	no outcome = iota
	yes
	wait // other buffers are needed, or this one has to grow
)

// contents tries all sections of a rule.
func (s *Set) contents(sc *Scratch, in *Input, k *compiled, id uint32) outcome {
	sc.probe.base64, sc.probe.sc, sc.probe.in = k.base64, sc, in
	result := yes
	for i := range k.sections {
		sec := &k.sections[i]
		var o outcome
		if sec.buf == rule.BufPayload {
			o = s.payload(sc, in, k, sec, id)
		} else {
			o = s.buffer(sc, in, sec, k.asked(sec))
		}
		if o == no {
			return no
		}
		if o == wait {
			result = wait
		}
	}
	return result
}

// buffer tries a section on the values of its buffer.
func (s *Set) buffer(sc *Scratch, in *Input, sec *section, asked bool) outcome {
	if asked {
		return s.request(sc, in, sec)
	}
	first := int(sc.at[sec.buf])
	if first == 0 {
		if sec.buf == rule.IPSrc || sec.buf == rule.IPDst {
			return s.address(sc, in, sec)
		}
		return sec.missing(in)
	}
	if sec.absent == rule.AbsentOnly {
		return no
	}
	if sec.which.Kind != rule.WhichAny {
		return s.several(sc, in, sec, first-1)
	}
	partial := false
	for i := first - 1; i < len(in.Values); i++ {
		v := &in.Values[i]
		if v.Buffer != sec.buf {
			continue
		}
		if sc.try(sec.steps, s.transformed(sc, sec.variant, v.Data), 0, v.Partial) {
			return yes
		}
		partial = partial || v.Partial
	}
	if in.Complete && !partial || !sec.buf.Multi() && !partial {
		return no
	}
	return wait
}

// address tries a section on an address of the packet that carries a transaction.
func (s *Set) address(sc *Scratch, in *Input, sec *section) outcome {
	a := in.Src
	if sec.buf == rule.IPDst {
		a = in.Dst
	}
	buf := sc.addr[:4]
	if a.Is4() {
		b := a.As4()
		copy(sc.addr[:], b[:])
	} else {
		sc.addr, buf = a.As16(), sc.addr[:]
	}
	return outcomeOf(sc.try(sec.steps, s.transformed(sc, sec.variant, buf), 0, false) && sec.absent != rule.AbsentOnly)
}

// request tries a section on the request of the answer that is judged.
func (s *Set) request(sc *Scratch, in *Input, sec *section) outcome {
	there := false
	for i := range in.Request {
		v := &in.Request[i]
		if v.Buffer != sec.buf {
			continue
		}
		there = true
		if sc.try(sec.steps, s.transformed(sc, sec.variant, v.Data), 0, false) {
			return outcomeOf(sec.absent != rule.AbsentOnly)
		}
	}
	return outcomeOf(!there && sec.absent != rule.AbsentFails)
}

// missing says what it means that the buffer does not exist.
func (sec *section) missing(in *Input) outcome {
	switch {
	case in.Tx != nil && !in.Complete:
		return wait
	case sec.absent != rule.AbsentFails:
		return yes
	case sec.which.Kind == rule.WhichAllOrNone, sec.which.Kind == rule.WhichCount && sec.which.Count.Match(0):
		return yes
	}
	return no
}

func outcomeOf(ok bool) outcome {
	if ok {
		return yes
	}
	return no
}

// payload tries a section on the stream window and on the packet.
func (s *Set) payload(sc *Scratch, in *Input, k *compiled, sec *section, id uint32) outcome {
	tcp := in.IPProto == rule.IPProtoTCP
	stream := tcp && k.r.PayloadStream && in.Stream != nil
	if stream {
		window, base := in.Stream, int64(in.StreamOffset)
		if in.Flow != nil && k.kind == payloadRule && slices.Contains(in.Flow.fired, id<<1|uint32(direction(in.ToServer))) {
			old := max(len(window)-in.StreamNew, 0) // told before: only new bytes count
			window, base = window[old:], base+int64(old)
		}
		if sc.try(sec.steps, window, base, false) {
			return yes
		}
	}
	if tcp && k.kind == txRule && k.r.PayloadStream && in.Window != nil {
		if sc.try(sec.steps, in.Window, int64(in.WindowOffset), false) {
			return yes
		}
		if !in.Complete {
			return wait
		}
		stream = true
	}
	packet := in.Payload != nil && !in.Encrypted && (!tcp || k.r.PayloadPacket || in.NoStream)
	if packet && sc.try(sec.steps, in.Payload, 0, false) {
		return yes
	}
	if !stream && !packet {
		return wait
	}
	return no
}

// try runs the steps of a section on one buffer.
func (sc *Scratch) try(steps []step, buf []byte, base int64, partial bool) bool {
	p := &sc.probe
	p.buf, p.base, p.partial, p.last, p.work = buf, base, partial, 0, 0
	ok := p.run(steps)
	if p.work > maxWork {
		sc.exhausted++
	}
	return ok
}
