package session

// established judges a segment of an open connection.
func (s *Session) established(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	switch {
	case g.Flags&rst != 0:
		return s.rst(g)
	case g.Flags&(syn|ack) == syn|ack:
		return s.synAckOpen(g)
	case g.Flags&syn != 0:
		return s.synOpen(g)
	case g.Flags&fin != 0:
		return s.stampOK(g) && s.finish(g)
	case g.Flags&ack == 0:
		return false
	}
	if !s.stampOK(g) {
		return false
	}
	if !s.ackOK(g, o) {
		s.event("stream.est_invalid_ack")
		return false
	}
	last := g.Seq + uint32(g.Len)
	if lt(last, e.acked) && !s.oneSided && !(gt(e.acked, e.next) && gt(last, e.next)) {
		s.event("stream.est_pkt_before_last_ack")
		return false
	}
	probe := g.Len == 1 && g.Seq == e.next && e.window == 0
	if !probe {
		if g.Len > 0 && lt(g.Seq, e.acked) {
			s.event("stream.pkt_retransmission")
		}
		if gt(last, e.limit) && !s.midstream && !s.oneSided {
			s.event("stream.est_packet_out_of_window")
			return false
		}
		if ge(last, e.next) {
			e.next = last
		}
	}
	s.confirmed = s.confirmed || g.Dir == 1
	s.take(g, false)
	return true
}

// synAckOpen is a SYN+ACK on an open connection.
func (s *Session) synAckOpen(g *Segment) bool {
	switch {
	case g.Dir == 0:
		s.event("stream.est_synack_toserver")
	case g.Ack != s.ends[0].acked:
		s.event("stream.est_synack_resend_with_different_ack")
	case g.Seq != s.ends[1].isn:
		s.event("stream.est_synack_resend_with_diff_seq")
	case s.confirmed:
		s.event("stream.est_synack_resend")
	default: // the server did not get the acknowledgement
		s.State = SynReceived
		return true
	}
	return false
}

// synOpen is a SYN on an open connection.
func (s *Session) synOpen(g *Segment) bool {
	switch {
	case g.Dir == 1:
		s.event("stream.est_syn_toclient")
	case g.Seq != s.ends[0].isn:
		s.event("stream.est_syn_resend_diff_seq")
	default:
		s.event("stream.est_syn_resend")
	}
	return false
}

// finish takes the first FIN.
func (s *Session) finish(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if !s.ackOK(g, o) {
		s.event("stream.fin_invalid_ack")
		return false
	}
	if lt(g.Seq, e.next) || gt(g.Seq, e.acked+e.window) {
		s.event("stream.fin_out_of_window")
		return false
	}
	s.State = []State{CloseWait, FinWait1}[g.Dir]
	if g.Seq == e.next {
		e.next += uint32(g.Len)
	}
	o.window = uint32(g.Window) << o.scale
	if g.Flags&ack != 0 && gt(g.Ack, o.acked) {
		o.acked = g.Ack
	}
	if g.Flags&ack != 0 && lt(o.next, g.Ack) {
		o.next = g.Ack
	}
	if limit := o.acked + o.window; gt(limit, o.limit) {
		o.limit = limit
	}
	return true
}

// common handles what the states after a FIN share; done tells that nothing is left to do.
func (s *Session) common(g *Segment) (ok, done bool) {
	switch {
	case g.Flags&rst != 0:
		return s.rst(g), true
	case g.Flags&syn != 0:
		s.event("stream.shutdown_syn_resend")
		return false, true
	case !s.stampOK(g):
		return false, true
	}
	return true, false
}

// closeWait: the client has sent its FIN.
func (s *Session) closeWait(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if ok, done := s.common(g); done {
		return ok
	}
	again := s.repeats(g)
	if g.Flags&fin != 0 {
		// The client's FIN again has the number before the one that comes next.
		if lt(g.Seq, e.next) && !again || gt(g.Seq, e.acked+e.window) {
			s.event("stream.closewait_fin_out_of_window")
			return false
		}
		if !s.ackOK(g, o) {
			s.event("stream.closewait_invalid_ack")
			return false
		}
		if !again && g.Dir == 1 {
			s.State = LastAck
		}
		s.take(g, again)
		return true
	}
	if g.Flags&ack == 0 {
		return true
	}
	if g.Len > 0 && le(g.Seq+uint32(g.Len), e.acked) {
		s.event("stream.closewait_pkt_before_last_ack")
		return false
	}
	if gt(g.Seq, e.acked+e.window) && !s.midstream {
		s.event("stream.closewait_ack_out_of_window")
		return false
	}
	if !s.ackOK(g, o) {
		s.event("stream.closewait_invalid_ack")
		return false
	}
	s.take(g, again)
	return true
}

// finWait1: the server has sent its FIN.
func (s *Session) finWait1(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if ok, done := s.common(g); done {
		return ok
	}
	again := s.repeats(g)
	if g.Flags&fin != 0 {
		if !again && (lt(g.Seq, e.next) && !(g.Dir == 1 && g.Seq == e.next-1) || gt(g.Seq, e.acked+e.window)) {
			s.event("stream.fin1_fin_wrong_seq")
			return false
		}
		if !s.ackOK(g, o) {
			s.event("stream.fin1_invalid_ack")
			return false
		}
		if !again && g.Dir == 0 {
			s.State = Closing
			if g.Flags&ack != 0 {
				s.State = TimeWait
			}
		}
		s.take(g, again)
		return true
	}
	if g.Flags&ack == 0 {
		return true
	}
	if !s.ackOK(g, o) {
		s.event("stream.fin1_invalid_ack")
		return false
	}
	if !again {
		if gt(g.Seq+uint32(g.Len), e.limit) && !s.midstream && !s.oneSided {
			s.event("stream.fin1_ack_wrong_seq")
			return false
		}
		if g.Seq == e.next {
			s.State = FinWait2
		}
	}
	s.take(g, again)
	return true
}

// finWait2: the server's FIN is acknowledged.
func (s *Session) finWait2(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if ok, done := s.common(g); done {
		return ok
	}
	again := s.repeats(g)
	if g.Flags&fin != 0 {
		repeated := g.Seq == e.next-1 && g.Ack == o.acked
		if !repeated && (lt(g.Seq, e.next) && !again || gt(g.Seq, e.acked+e.window)) {
			s.event("stream.fin2_fin_wrong_seq")
			return false
		}
		if !s.ackOK(g, o) {
			s.event("stream.fin2_invalid_ack")
			return false
		}
		if !again && !repeated && g.Dir == 0 {
			s.State = TimeWait
		}
		s.take(g, again || repeated)
		return true
	}
	if g.Flags&ack == 0 {
		return true
	}
	if !s.ackOK(g, o) {
		s.event("stream.fin2_invalid_ack")
		return false
	}
	if !again && gt(g.Seq+uint32(g.Len), e.limit) && !s.midstream && !s.oneSided {
		s.event("stream.fin2_ack_wrong_seq")
		return false
	}
	s.take(g, again)
	return true
}

// lastAck: both have sent their FIN, the client first.
func (s *Session) lastAck(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if ok, done := s.common(g); done || g.Flags&fin != 0 {
		return ok
	}
	again := s.repeats(g)
	if !s.ackOK(g, o) {
		s.event("stream.lastack_invalid_ack")
		return false
	}
	if !again && g.Dir == 0 {
		switch {
		case lt(g.Seq, e.next):
		case g.Seq != e.next && g.Seq != e.next+1:
			s.event("stream.lastack_ack_wrong_seq")
			return false
		default:
			s.before, s.State = s.State, Closed
		}
	}
	s.take(g, again)
	return true
}

// timeWait: both have sent their FIN, the server first.
func (s *Session) timeWait(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if ok, done := s.common(g); done || g.Flags&fin != 0 {
		return ok
	}
	again := s.repeats(g)
	if !again && g.Seq != e.next && g.Seq != e.next+1 && !(g.Len > 0 && g.Seq == e.acked) {
		s.event("stream.timewait_ack_wrong_seq")
		return false
	}
	if !s.ackOK(g, o) {
		s.event("stream.timewait_invalid_ack")
		return false
	}
	if !again {
		s.before, s.State = s.State, Closed
	}
	s.take(g, again)
	return true
}

// closing: both have sent their FIN at the same time.
func (s *Session) closing(g *Segment) bool {
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if ok, done := s.common(g); done || g.Flags&fin != 0 {
		return ok
	}
	if g.Seq != e.next {
		s.event("stream.closing_ack_wrong_seq")
		return false
	}
	if !s.ackOK(g, o) {
		s.event("stream.closing_invalid_ack")
		return false
	}
	s.State = TimeWait
	s.take(g, false)
	return true
}

// closed: a RST may have been forged: an end that goes on after its own RST never sent it.
func (s *Session) closed(g *Segment, c *Config) bool {
	if g.Flags&rst != 0 {
		return true
	}
	e, o := &s.ends[g.Dir], &s.ends[1-g.Dir]
	if e.reset && g.Flags&syn == 0 && (g.Len > 0 || g.Flags&fin != 0) {
		s.event("stream.suspected_rst_inject")
	}
	if !e.reset && o.reset {
		s.State = s.before
		ok := s.dispatch(g, c)
		return ok
	}
	return !e.reset || g.Len == 0
}
