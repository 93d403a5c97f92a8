package sites

import "net/netip"

// recent remembers what was told, so that a client that asks again and again is one record
// a minute, and one that asks for thousands of names is no flood. The zero value is ready.
type recent struct {
	seen    map[uint64]int64
	clients map[netip.Addr]told
	untold  uint64
}

// told counts what was told of a client since a time.
type told struct {
	since int64
	n     int
}

const (
	recentTime = 60_000_000 // microseconds
	// notedTime is that of what is only noted: a browser that asks such a resolver does so
	// all day.
	notedTime = 60 * recentTime
	// mostTold of one client in that time: who reads more than a few?
	mostTold = 100
	// recentMax things are remembered, a megabyte for each worker.
	recentMax = 1 << 14
	// clientsMax are counted: offices have fewer devices.
	clientsMax = 4096
)

// first tells that key of client was not told within the time quiet, and may be. now and
// quiet are in microseconds. A clock that was put back by hours is no reason to be silent for them.
func (r *recent) first(key uint64, client netip.Addr, now, quiet int64) bool {
	if t, ok := r.seen[key]; ok && within(now, t, quiet) {
		return false
	}
	c := r.clients[client]
	if !within(now, c.since, recentTime) {
		c = told{since: now}
	}
	if c.n++; c.n > mostTold {
		r.untold++
		return false
	}
	if r.seen == nil {
		r.seen, r.clients = make(map[uint64]int64), make(map[netip.Addr]told)
	}
	if len(r.clients) >= clientsMax {
		clear(r.clients)
	}
	r.clients[client] = c
	if len(r.seen) >= recentMax {
		for k, t := range r.seen {
			if !within(now, t, recentTime) {
				delete(r.seen, k)
			}
		}
		if len(r.seen) >= recentMax {
			clear(r.seen)
		}
	}
	r.seen[key] = now
	return true
}

// within tells that two times are no further apart than less than d.
func within(a, b, d int64) bool { return a-b < d && b-a < d }
