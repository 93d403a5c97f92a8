package session

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
	}
	s.middle(g, c)
	return true
}

// first takes the client's SYN.
func (s *Session) first(g *Segment) {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	s.State, s.stamps, s.scales = SynSent, false, g.HasScale
	e.isn, e.next, e.acked = g.Seq, g.Seq+1, g.Seq+1
	e.stamp, e.stamped, e.seen = g.Time, g.HasTime, g.ArrivedSec
	o.window, o.scale = uint32(g.Window), min(g.Scale, 14)
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
	e.stamp, e.stamped, e.seen = g.Time, g.HasTime, g.ArrivedSec
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
		if !s.ackOK(g, &s.ends[1-g.Dir]) {
			return false
		}
		if g.Dir == 0 && g.Seq != client.isn && g.Seq != client.next || g.Dir == 1 && g.Ack != client.isn+1 && g.Ack != client.next {
			return false
		}
		s.ends[g.Dir].reset = true
		s.before, s.State = s.State, Closed
		return true
	case g.Flags&(syn|ack) == syn|ack:
		if g.Dir == 0 {
			s.event("stream.3whs_synack_in_wrong_direction")
			return false
		}
		if g.Ack != client.isn+1 && !(s.fastOpen && gt(g.Ack, client.isn) && le(g.Ack, client.next)) {
			if !s.other(g.Ack - 1) {
				s.event("stream.3whs_synack_with_wrong_ack")
				return false
			}
			client.isn, client.next, client.acked = g.Ack-1, g.Ack, g.Ack
		}
		s.answer(g)
		return true
	case g.Flags&syn != 0:
		return s.synAgain(g)
	case g.Flags&fin != 0:
		return true
	}
	if c.OneSided && g.Dir == 0 && g.Seq == client.next {
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
	if g.Dir == 1 || g.Seq == client.isn {
		return g.Dir == 0
	}
	if !s.other(g.Seq) {
		if s.nOthers == maxOthers {
			s.event("stream.3whs_syn_flood")
			return false
		}
		s.others[s.nOthers] = g.Seq
		s.nOthers++
	}
	return true
}

func (s *Session) other(isn uint32) bool {
	for _, n := range s.others[:s.nOthers] {
		if n == isn {
			return true
		}
	}
	return false
}

// answer takes the server's SYN+ACK.
func (s *Session) answer(g *Segment) {
	client, server := &s.ends[0], &s.ends[1]
	s.State = SynReceived
	server.isn, server.next, server.acked = g.Seq, g.Seq+1, g.Seq+1
	client.acked, client.window = g.Ack, uint32(g.Window)
	if s.fastOpen && g.Ack == client.isn+1 && client.next != g.Ack {
		s.event("stream.3whs_synack_tfo_data_ignored")
		client.next = g.Ack
	}
	if s.scales && g.HasScale {
		client.scale = min(g.Scale, 14)
	} else {
		client.scale, server.scale = 0, 0
	}
	s.stamps = client.stamped && g.HasTime
	server.stamp, server.seen = g.Time, g.ArrivedSec
	client.limit, server.limit = client.acked+client.window, server.acked+server.window
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
	client, server := &s.ends[0], &s.ends[1]
	switch {
	case g.Dir == 0:
		s.event("stream.3whs_synack_toserver_on_syn_recv")
		return false
	case g.Ack != client.acked:
		s.event("stream.3whs_synack_resend_with_different_ack")
		return false
	case g.Seq != server.isn:
		if s.answers++; s.answers > maxOthers {
			s.event("stream.3whs_synack_flood")
			return false
		}
		s.answer(g)
	}
	return true
}

// confirm takes the segment that completes the handshake.
func (s *Session) confirm(g *Segment, client, server *end, c *Config) bool {
	switch {
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
