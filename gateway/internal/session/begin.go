package session

import "slices"

// begin takes the first segment of a connection.
func (s *Session) begin(g *Segment, c *Config) bool {
	switch {
	case g.Flags&rst != 0:
		s.event("stream.rst_but_no_session")
		return false
	case g.Flags&fin != 0 && !c.Midstream:
		s.event("stream.fin_but_no_session")
		return false
	case g.Flags&(syn|ack) == syn:
		s.first(g)
		return true
	case !c.Midstream && !(c.OneSided && g.Flags&(syn|ack) == syn|ack):
		return false
	case g.Flags&ack == 0: // nothing says where the other side is
		return false
	}
	s.middle(g, c)
	return true
}

// first takes the client's SYN.
func (s *Session) first(g *Segment) {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	s.State, s.stamps, s.scales = SynSent, false, g.HasScale
	e.isn, e.next, e.acked = g.Seq, g.Seq+1, g.Seq+1
	e.stamp, e.stamped, e.seen = g.Time, g.HasTime, uint32(g.ArrivedSec)
	o.window, s.scale = uint32(g.Window), min(g.Scale, 14)
	if g.Len > 0 && g.FastOpen {
		s.fastOpen = true
		e.next += uint32(g.Len)
	}
}

// middle takes a connection up whose beginning was not seen.
func (s *Session) middle(g *Segment, c *Config) {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	s.midstream, s.oneSided = true, c.OneSided
	s.stamps = g.HasTime
	e.stamp, e.stamped, e.seen = g.Time, g.HasTime, uint32(g.ArrivedSec)
	e.isn, e.acked = g.Seq-1, g.Seq
	e.next = g.Seq + uint32(g.Len)
	e.scale, o.scale = 14, 14 // not known: the widest there is
	o.isn, o.next, o.acked = g.Ack-1, g.Ack, g.Ack
	o.window = uint32(g.Window) << 14
	e.window = o.window
	e.limit, o.limit = e.next+e.window, g.Ack+o.window
	if g.Flags&(syn|ack) == syn|ack {
		s.State = SynReceived
		e.isn, e.next, e.acked = g.Seq, g.Seq+1, g.Seq+1
		return
	}
	s.State, s.confirmed = Established, true
	if g.Flags&fin != 0 {
		s.State = []State{CloseWait, FinWait1}[g.Dir]
	}
}

// synSent waits for the server's answer.
func (s *Session) synSent(g *Segment, c *Config) bool {
	client, server := &s.ends[0], &s.ends[1]
	switch {
	case g.Flags&rst != 0:
		if g.Dir == 1 && !s.ackOK(g, client) { // of the server nothing is known yet
			return false
		}
		if g.Dir == 0 && g.Seq != client.isn && g.Seq != client.next || g.Dir == 1 && (g.Flags&ack == 0 || g.Ack != client.isn+1 && g.Ack != client.next) {
			return false
		}
		s.ends[g.Dir].reset = true
		s.before, s.State = s.State, Closed
		return true
	case g.Flags&(syn|ack) == syn|ack && g.Dir == 0:
		return s.crossAnswer(g)
	case g.Flags&(syn|ack) == syn|ack:
		if g.Ack != client.isn+1 && !(s.fastOpen && gt(g.Ack, client.isn) && le(g.Ack, client.next)) {
			// A flood may hide the one that counts: the server says which it was.
			if !s.other(g.Ack-1) && len(s.seen().others) < maxOthers {
				s.event("stream.3whs_synack_with_wrong_ack")
				return false
			}
			client.isn, client.next, client.acked = g.Ack-1, g.Ack, g.Ack
		}
		if s.crossed {
			s.keepOffer(g.Seq)
		}
		s.answer(g)
		return true
	case g.Flags&syn != 0 && g.Dir == 1:
		return s.cross(g)
	case g.Flags&syn != 0:
		return s.synAgain(g)
	case g.Flags&fin != 0:
		return true
	}
	if c.OneSided && g.Dir == 0 && g.Flags&ack != 0 && g.Seq == client.next {
		s.oneSided, s.State, s.confirmed = true, Established, true
		server.isn, server.next, server.acked = g.Ack-1, g.Ack, g.Ack
		client.window, client.limit = 1<<30, client.next+1<<30
		server.limit = g.Ack + server.window
		return s.established(g)
	}
	return g.Len == 0
}

// synAgain takes another SYN before the answer.
func (s *Session) synAgain(g *Segment) bool {
	client := &s.ends[0]
	if g.Seq == client.isn {
		return true
	}
	if !s.other(g.Seq) {
		o := s.own()
		if len(o.others) == maxOthers {
			s.event("stream.3whs_syn_flood")
			return false
		}
		o.others = append(o.others, g.Seq)
	}
	return true
}

func (s *Session) other(isn uint32) bool { return slices.Contains(s.seen().others, isn) }

// cross takes the SYN of a server that opens the connection as well (RFC 9293 section
// 3.5, figure 8). Whoever means to hide does it too: the client answers with a SYN+ACK,
// and the handshake has four segments.
func (s *Session) cross(g *Segment) bool {
	if s.crossed && !s.keepOffer(g.Seq) {
		return s.said(g.Seq)
	}
	s.crossed = true
	s.offered(g)
	return true
}

// crossAnswer takes the client's SYN+ACK, which says what SYN of the server it has got.
func (s *Session) crossAnswer(g *Segment) bool {
	client, server := &s.ends[0], &s.ends[1]
	switch {
	case !s.crossed:
		s.event("stream.3whs_synack_in_wrong_direction")
		return false
	case g.Ack != server.isn+1 && !s.meant(g.Ack-1):
		s.event("stream.4whs_synack_with_wrong_ack")
		return false
	case g.Seq != client.isn:
		s.event("stream.4whs_synack_with_wrong_syn")
		return false
	}
	s.State, s.turned = SynReceived, true
	server.window, server.acked = uint32(g.Window), g.Ack
	client.limit, server.limit = client.acked+client.window, server.acked+server.window
	return true
}

// answer takes the server's SYN+ACK.
func (s *Session) answer(g *Segment) {
	client, server := &s.ends[0], &s.ends[1]
	s.State = SynReceived
	client.acked = g.Ack
	if s.fastOpen && g.Ack == client.isn+1 && client.next != g.Ack {
		s.event("stream.3whs_synack_tfo_data_ignored")
		client.next = g.Ack
	}
	s.offered(g)
	client.limit, server.limit = client.acked+client.window, server.acked+server.window
}

// offered takes what a SYN of the server says.
func (s *Session) offered(g *Segment) {
	s.accept(offer{isn: g.Seq, window: uint32(g.Window), stamp: g.Time, scale: min(g.Scale, 14), scales: g.HasScale, stamps: g.HasTime})
	s.ends[1].seen = uint32(g.ArrivedSec)
}

func (s *Session) accept(o offer) {
	client, server := &s.ends[0], &s.ends[1]
	server.isn, server.next, server.acked = o.isn, o.isn+1, o.isn+1
	client.window, client.scale, server.scale = o.window, 0, 0
	if s.scales && o.scales {
		client.scale, server.scale = o.scale, s.scale
	}
	server.stamp, server.stamped = o.stamp, o.stamps
	s.stamps = client.stamped && o.stamps
}

// said tells that the server has offered that number.
func (s *Session) said(isn uint32) bool {
	return isn == s.ends[1].isn || slices.ContainsFunc(s.seen().offers, func(o offer) bool { return o.isn == isn })
}

// keepOffer keeps what the server has said before it says something else: which of it has
// reached the client is seen from what the client acknowledges. False means that nothing is
// new, or a flood.
func (s *Session) keepOffer(isn uint32) bool {
	client, server := &s.ends[0], &s.ends[1]
	switch {
	case s.said(isn):
		return false
	case len(s.seen().offers) == maxOthers:
		s.event("stream.3whs_synack_flood")
		return false
	}
	o := s.own()
	o.offers = append(o.offers, offer{isn: server.isn, window: client.window, stamp: server.stamp, scale: client.scale, scales: client.scale > 0 || server.scale > 0,
		stamps: server.stamped})
	return true
}

// meant goes back to what the server said with that number.
func (s *Session) meant(isn uint32) bool {
	for _, o := range s.seen().offers {
		if o.isn == isn {
			s.accept(o)
			s.ends[0].limit = s.ends[0].acked + s.ends[0].window
			s.ends[1].limit = s.ends[1].acked + s.ends[1].window
			return true
		}
	}
	return false
}

// synReceived waits for the client's acknowledgement.
func (s *Session) synReceived(g *Segment, c *Config) bool {
	client, server := &s.ends[0], &s.ends[1]
	switch {
	case g.Flags&rst != 0:
		e := &s.ends[g.Dir]
		if !s.ackOK(g, &s.ends[1-g.Dir]) {
			s.event("stream.rst_invalid_ack")
			return false
		}
		if g.Seq != e.next && g.Seq != e.acked {
			return false
		}
		e.reset = true
		s.before, s.State = s.State, Closed
		return true
	case g.Flags&fin != 0:
		return s.stampOK(g) && s.finish(g)
	case g.Flags&(syn|ack) == syn|ack:
		return s.answerAgain(g)
	case g.Flags&syn != 0:
		switch {
		case g.Dir == 1:
			s.event("stream.3whs_syn_toclient_on_syn_recv")
		case g.Seq != client.isn:
			s.event("stream.3whs_syn_resend_diff_seq_on_syn_recv")
		default:
			return true
		}
		return false
	case g.Flags&ack == 0:
		return false
	}
	if !s.stampOK(g) {
		return false
	}
	return s.confirm(g, client, server, c)
}

func (s *Session) answerAgain(g *Segment) bool {
	client := &s.ends[0]
	switch {
	case g.Dir == 0 && s.crossed:
		return s.crossAnswer(g)
	case g.Dir == 0:
		s.event("stream.3whs_synack_toserver_on_syn_recv")
		return false
	case g.Ack != client.acked:
		s.event("stream.3whs_synack_resend_with_different_ack")
		return false
	case s.keepOffer(g.Seq):
		s.answer(g)
		return true
	}
	return s.said(g.Seq)
}

// confirm takes the segment that completes the handshake.
func (s *Session) confirm(g *Segment, client, server *end, c *Config) bool {
	if g.Dir == 0 && g.Seq == client.next && g.Ack != server.next {
		s.meant(g.Ack - 1) // not the last SYN+ACK, but one before it
	}
	switch {
	case g.Dir == 1 && s.turned:
		if g.Seq != server.next {
			s.event("stream.4whs_wrong_seq")
			return false
		}
		if !s.ackOK(g, client) {
			s.event("stream.4whs_invalid_ack")
			return false
		}
	case g.Dir == 1:
		// What the server says before the handshake is complete: the client's
		// acknowledgement was not seen, if the server has one for more than its SYN.
		if g.Seq == server.next && (gt(g.Ack, client.next) && le(g.Ack, client.limit) || s.fastOpen && g.Ack == client.next) {
			client.next = g.Ack
			break
		}
		if g.Seq == server.next && g.Ack == client.next && g.Len > 0 && !c.Inline {
			break
		}
		if g.Seq == server.next && g.Ack == client.next && g.Len > 0 {
			s.event("stream.3whs_ack_data_inject")
			return false
		}
		s.event("stream.3whs_ack_in_wrong_dir")
		return false
	case g.Seq == client.next && g.Ack == server.next:
	case s.fastOpen && lt(g.Seq, client.next) && g.Ack == server.next:
	case gt(g.Seq, client.next) && le(g.Seq, client.limit) && g.Ack == server.next:
	case gt(g.Seq, client.next) && le(g.Seq, client.limit) && gt(g.Ack, server.next) && le(g.Ack, server.limit):
		server.next = g.Ack
	case g.Seq == client.next && gt(g.Ack, server.next) && le(g.Ack, server.limit) && c.Midstream:
		server.next = g.Ack
	case g.Seq == client.next:
		s.event("stream.3whs_right_seq_wrong_ack_evasion")
		return false
	default:
		s.event("stream.3whs_wrong_seq_wrong_ack")
		return false
	}
	s.State, s.confirmed = Established, g.Dir == 1
	e := &s.ends[g.Dir]
	if last := g.Seq + uint32(g.Len); ge(last, e.next) {
		e.next = last
	}
	s.take(g, false)
	return true
}
