package appid

import "otasuke/rule"

// Directions of a conversation.
const (
	toServer = 0
	toClient = 1
)

// Config says what is recognised. Its zero value recognises what is on by default.
type Config struct {
	// On and Off change what is recognised; a protocol in neither is on unless it is one
	// of the industrial protocols and databases that are off by default.
	On, Off Protos
}

// Protos is a set of protocols.
type Protos [rule.NumProtos]bool

// offByDefault are protocols whose recognition costs more false names than it finds in
// an office.
var offByDefault = Protos{rule.ProtoModbus: true, rule.ProtoDNP3: true, rule.ProtoENIP: true, rule.ProtoPGSQL: true}

// Enabled tells whether p is recognised.
func (c *Config) Enabled(p rule.Proto) bool {
	if c.Off[p] {
		return false
	}
	return c.On[p] || !offByDefault[p]
}

// Names of events.
const (
	EventMismatch     = "applayer_mismatch_protocol_both_directions"
	EventOneDirection = "applayer_detect_protocol_only_one_direction"
	EventSkipped      = "applayer_proto_detection_skipped"
)

// maxUnseen bytes of one direction alone end the search: the other direction says
// nothing, and half a conversation is not read.
const maxUnseen = 100_000

// Track is what is known about one conversation. Its zero value is ready.
type Track struct {
	// Proto is what the conversation speaks: ProtoUnknown until it is found, ProtoFailed
	// when the search has ended.
	Proto rule.Proto
	// By is what each direction was recognised as.
	By [2]rule.Proto

	patterns, probes, done [2]bool
	failed                 [2]uint64 // probes that said no, by place in their list
	datagrams              [2]uint8  // that said nothing
	read                   bool      // a reader has seen bytes
}

// Ends of a conversation.
type Ends struct {
	Client, Server uint16 // ports
	UDP            bool
	// Midstream tells that the beginning was not seen.
	Midstream bool
}

// Done tells that dir needs no more looking at.
func (t *Track) Done(dir int) bool { return t.done[dir] || t.Proto == rule.ProtoFailed }

// Restart begins again, for a conversation that changes its protocol.
func (t *Track) Restart() { *t = Track{} }

// Set names the protocol from outside (an expected conversation).
func (t *Track) Set(p rule.Proto) {
	*t = Track{Proto: p, By: [2]rule.Proto{p, p}, done: [2]bool{true, true}, read: true}
}

// Look is given the first bytes of dir so far, of UDP one datagram, and how many bytes each
// direction has sent. It reports whether dir is to be read now (as t.Proto), and an event or "".
func (c *Config) Look(t *Track, e Ends, dir int, b []byte, size [2]uint64) (read bool, event string) {
	if t.Done(dir) {
		return t.Proto != rule.ProtoFailed, ""
	}
	p := c.recognise(t, e, dir, b)
	if e.UDP {
		return c.lookUDP(t, dir, p)
	}
	opposite := t.By[1-dir]
	switch {
	case p == rule.ProtoFailed && opposite == rule.ProtoUnknown:
		t.fail()
		return false, ""
	case p == rule.ProtoFailed:
		return false, ""
	case p != rule.ProtoUnknown:
		t.By[dir], t.done[dir] = p, true
		switch {
		case opposite == rule.ProtoUnknown || opposite == p:
			t.Proto = p
		case t.read || dir == toClient:
			t.Proto, event = opposite, EventMismatch
		default:
			t.Proto, event = p, EventMismatch
		}
		t.read = true
		return true, event
	case opposite != rule.ProtoUnknown:
		if e.Midstream && dir == toServer {
			t.fail()
			return false, ""
		}
		if t.patterns[dir] && t.probes[dir] {
			t.By[dir], t.done[dir] = opposite, true
			if opposite == rule.ProtoIMAP {
				return true, "" // nothing reads it
			}
			return true, EventOneDirection
		}
		return false, ""
	}
	return false, t.bail(dir, size)
}

// bail ends the search when nothing can be found any more.
func (t *Track) bail(dir int, size [2]uint64) string {
	ended := func(d int) bool { return t.patterns[d] && t.probes[d] }
	switch {
	case ended(0) && ended(1):
		t.fail()
	case ended(dir) && size[dir] > maxUnseen && size[1-dir] == 0:
		t.fail()
		return EventSkipped
	}
	return ""
}

func (t *Track) fail() { t.Proto, t.done = rule.ProtoFailed, [2]bool{true, true} }

// maxDatagrams of a direction are looked at: a first one that says nothing must not hide
// those behind it.
const maxDatagrams = 4

// lookUDP decides by each datagram, of which b is one.
func (c *Config) lookUDP(t *Track, dir int, p rule.Proto) (bool, string) {
	switch {
	case p != rule.ProtoUnknown:
		t.By[dir], t.done[dir] = p, true
		if t.Proto == rule.ProtoUnknown {
			t.Proto = p
		}
		return true, ""
	case t.Proto != rule.ProtoUnknown:
		t.By[dir], t.done[dir] = t.Proto, true
		return true, ""
	}
	t.patterns[dir], t.probes[dir], t.failed[dir] = false, false, 0
	if t.datagrams[dir]++; t.datagrams[dir] < maxDatagrams {
		return false, ""
	}
	t.By[dir], t.done[dir] = rule.ProtoFailed, true
	if t.By[1-dir] == rule.ProtoFailed {
		t.fail()
	}
	return false, ""
}

// recognise tries patterns and then probes.
func (c *Config) recognise(t *Track, e Ends, dir int, b []byte) rule.Proto {
	if !t.patterns[dir] {
		p, open := c.byPattern(t, e.UDP, dir, b)
		if p != rule.ProtoUnknown {
			return p
		}
		if open && !e.UDP { // a datagram does not grow
			return rule.ProtoUnknown
		}
		t.patterns[dir] = len(b) >= depth(e.UDP, dir)
	} else if t.By[1-dir] != rule.ProtoUnknown { // some patterns count only now
		if p, _ := c.byPattern(t, e.UDP, dir, b); p == t.By[1-dir] {
			return p
		}
	}
	if !t.probes[dir] {
		return c.byProbe(t, e, dir, b)
	}
	return rule.ProtoUnknown
}
