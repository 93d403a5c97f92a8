package engine

import (
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/ftpcmd"
	"otasuke/gateway/internal/appid"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/readers"
	"otasuke/rule"
)

// maxFirst bytes of a direction are kept to find out which application it is: beyond
// them recognition only waits for the other side.
const maxFirst = 4 << 10

// read gives bytes to the reader of the flow, finding out first which it is.
func (w *Worker) read(dir int, b []byte) {
	s := &w.flow.User
	w.skipped(dir)
	if !s.asked {
		s.asked = true
		w.expectedHere()
	}
	switch {
	case s.track.Proto == rule.ProtoFailed:
	case s.track.Done(dir):
		w.push(dir, b)
	default:
		w.detect(dir, b)
	}
}

// push gives bytes to the reader. False means that what comes next is for another one.
func (w *Worker) push(dir int, b []byte) bool {
	s := &w.flow.User
	r := w.readers.Wake(&s.reader, w.sink())
	if r == nil {
		return true
	}
	r.Push(dir, b)
	w.growing()
	if dir == app.ToClient && !s.dropped && !w.hold {
		s.begun = s.reader.Begun()
	}
	if s.becomes {
		w.become()
		return false
	}
	if !s.passed {
		w.readers.Rest(&s.reader)
	}
	return true
}

// skipped tells the reader of bytes that were never seen.
func (w *Worker) skipped(dir int) {
	s := &w.flow.User
	n := s.half[dir].Skipped - s.told[dir]
	if n == 0 {
		return
	}
	s.told[dir] = s.half[dir].Skipped
	if !s.reader.None() {
		w.readers.Wake(&s.reader, w.sink()).Gap(dir, int(min(n, 1<<30)))
	}
}

// ends describes the conversation for recognition.
func (w *Worker) ends() appid.Ends {
	k := w.flow.Key
	return appid.Ends{Client: k.ClientPort, Server: k.ServerPort, UDP: k.Proto == packet.UDP, Midstream: !w.flow.SynSeen}
}

// recognised tells an event of recognition that bytes of dir have brought. Offline it goes
// with the packet that acknowledges them, as other engines have it.
func (w *Worker) recognised(dir int, event string) {
	if event == "" {
		return
	}
	if !w.e.cfg.Inline && w.isTCP() {
		dir = 1 - dir
	}
	w.appEvent(dir, event)
}

// detect finds out the application from the first bytes of either side.
func (w *Worker) detect(dir int, b []byte) {
	s := &w.flow.User
	before := s.rare().first[dir]
	took := min(len(b), max(0, maxFirst-len(before)))
	first := b[:took]
	if len(before) > 0 {
		first = append(before, first...)
	}
	s.size[dir] += uint64(len(b))
	read, event := w.e.cfg.Apps.Look(&s.track, w.ends(), dir, first, s.size)
	if !read {
		s.own().first[dir] = w.pool.Replace(s.rare().first[dir], first)
	}
	w.recognised(dir, event)
	if !read {
		w.settled()
		return
	}
	if s.expects != rule.ProtoUnknown {
		if s.expects != s.track.Proto {
			w.recognised(dir, "applayer_unexpected_protocol")
			w.recognised(dir, "applayer_no_tls_after_starttls")
		}
		s.expects = rule.ProtoUnknown
	}
	w.speaks(s.track.Proto)
	// What the other side said before may be readable now.
	if other := s.rare().first[1-dir]; len(other) > 0 && !s.track.Done(1-dir) {
		read, event := w.e.cfg.Apps.Look(&s.track, w.ends(), 1-dir, other, s.size)
		w.recognised(dir, event)
		if read {
			w.pushFirst(1-dir, other, nil)
		}
	}
	w.pushFirst(dir, first, b[took:])
}

// forgetFirst lets go of what was kept of both directions.
func (s *state) forgetFirst(w *Worker) {
	if s.seldom == nil {
		return
	}
	for dir := range s.first {
		w.pool.Put(s.first[dir])
		s.first[dir] = nil
	}
}

// settled notes that the search is over without a name.
func (w *Worker) settled() {
	s := &w.flow.User
	if s.track.Proto == rule.ProtoFailed {
		if s.app != rule.ProtoFailed {
			w.counts.App(evelog.AppFlow, rule.ProtoFailed, w.flow.Key.Proto)
		}
		s.app = rule.ProtoFailed
		s.forgetFirst(w)
	}
}

// speaks sets the application.
func (w *Worker) speaks(p rule.Proto) {
	s := &w.flow.User
	if s.reader.Reads(p) {
		return
	}
	s.app = p
	w.counts.App(evelog.AppFlow, p, w.flow.Key.Proto)
	w.readers.Lend(&s.reader, w.sink(), p, w.isTCP())
}

// pushFirst gives the reader b, which came before it was known, and rest of the bytes at
// hand, which recognition did not need.
func (w *Worker) pushFirst(dir int, b, rest []byte) {
	s := &w.flow.User
	kept := s.rare().first[dir]
	missing := int(s.size[dir]) - len(b) - len(rest)
	if kept != nil {
		s.first[dir] = nil
	}
	same := len(b) == 0 || w.push(dir, b)
	w.pool.Put(kept)
	if missing > 0 && !s.reader.None() {
		w.readers.Wake(&s.reader, w.sink()).Gap(dir, missing)
	}
	switch {
	case len(rest) == 0 || s.dropped || s.passed:
	case same:
		w.push(dir, rest)
	default: // it has become something else
		w.read(dir, rest)
	}
}

// become starts over with what the reader has announced.
func (w *Worker) become() {
	s := &w.flow.User
	s.becomes = false
	rest, dir := s.own().rest, s.restOf
	s.rest = nil
	w.readers.Take(&s.reader)
	s.original = s.app
	s.forgetFirst(w)
	s.size = [2]uint64{}
	s.expects = rule.ProtoUnknown
	if s.next == rule.ProtoTLS { // it is looked whether it really does
		s.expects = s.next
		s.track.Restart()
	} else if !w.e.cfg.Apps.Enabled(s.next) {
		s.track.Set(rule.ProtoFailed)
		w.settled()
		return
	} else if s.next != rule.ProtoUnknown {
		s.track.Set(s.next)
		w.speaks(s.next)
	} else {
		s.track.Restart()
	}
	if len(rest) > 0 {
		w.read(dir, rest)
	}
}

// closeReader ends a direction of the reader.
func (w *Worker) closeReader(dir int) {
	s := &w.flow.User
	if s.reader.None() || s.closed[dir] || s.passed {
		return
	}
	s.closed[dir] = true
	w.readers.Wake(&s.reader, w.sink()).Close(dir)
}

// udp judges a datagram. False means that it must not pass, although the flow may go on.
func (w *Worker) udp() bool {
	s, p := &w.flow.User, w.pkt
	w.answer = w.answer[:0]
	if len(p.Payload) > 0 {
		w.datagram(p.Payload)
	}
	if len(w.answer) > 0 {
		k := w.flow.Key
		w.send(0, packet.AppendUDP(w.out[:0], netip.AddrPortFrom(k.Server, k.ServerPort), netip.AddrPortFrom(k.Client, k.ClientPort), w.answer))
		return !w.e.cfg.Inline
	}
	if !s.dropped && !s.passed {
		w.inspectPacket()
	}
	if s.reader.Done() && !s.dropped && w.e.cfg.BypassMark != 0 && w.flow.Packets[1] > 0 {
		s.bypass = true
	}
	return true
}

// datagram recognises and reads one.
func (w *Worker) datagram(b []byte) {
	s := &w.flow.User
	if !s.track.Done(w.dir) {
		read, event := w.e.cfg.Apps.Look(&s.track, w.ends(), w.dir, b, s.size)
		w.recognised(w.dir, event)
		if !read {
			w.settled()
			return
		}
		w.speaks(s.track.Proto)
	}
	if s.track.Proto != rule.ProtoFailed {
		w.push(w.dir, b)
	}
}

// Become changes what a conversation speaks, after the call of Push that told it.
func (k *sink) Become(p rule.Proto, dir int, rest []byte) {
	s := &k.flow.User
	s.next, s.becomes = p, true
	r := s.own()
	r.rest, r.restOf = append([]byte(nil), rest...), dir
}

// expectedHere applies what another conversation has said about this one.
func (w *Worker) expectedHere() {
	k := w.flow.Key
	e, ok := w.expects.Take(readers.Conversation{Client: k.Client, Server: k.Server, Port: k.ServerPort}, w.now)
	if !ok || !w.e.cfg.Apps.Enabled(e.Proto) {
		return
	}
	s := &w.flow.User
	s.track.Set(e.Proto)
	s.app = e.Proto
	if e.Proto == rule.ProtoFTPData {
		s.reader = readers.Of(ftpcmd.NewData(w.sink(), e), e.Proto, w.isTCP())
		return
	}
	w.readers.Lend(&s.reader, w.sink(), e.Proto, w.isTCP())
}
