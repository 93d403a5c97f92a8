package flow

import "otasuke/gateway/internal/packet"

// patience is a class of conversations with the same timeout.
type patience uint8

const (
	unanswered patience = iota
	oneSided            // TCP of which only one side was seen: anybody can make those up
	settled             // TCP of which both sides have everything
	closing
	answered // not TCP
	connected
	patiences
)

// share is the part of a full table (one in so many) that a class may hold before its own
// conversations make room for new ones. Those that cost a sender only one packet come
// first, so that a flood of them pushes out nothing but itself.
const share = 8

// timeouts in microseconds, the usual ones of connection tracking: a little
// above what keep-alives of common clients need.
var timeouts = [patiences]int64{
	unanswered: 30_000_000,
	oneSided:   1_800_000_000,
	connected:  1_800_000_000,
	answered:   300_000_000, // RFC 4787 section 4.3 recommends it
	// What looks like the end may be for us only. Longer than servers wait for the rest
	// of a request, so that it does not come as something new.
	closing: 120_000_000,
	// Only copies come of what both sides have: of a last segment whose acknowledgement was
	// lost, within seconds (RFC 6298).
	settled: 30_000_000,
}

func (f *Traffic) timedOut(now int64) bool { return now-f.Last > timeouts[f.patience()] }

func (f *Traffic) patience() patience {
	switch {
	case f.State == Closing && f.settled:
		return settled
	case f.State == Closing:
		return closing
	case f.State == New:
		return unanswered
	case f.Key.Proto != packet.TCP:
		return answered
	case f.Packets[0] == 0 || f.Packets[1] == 0:
		return oneSided
	}
	return connected
}
