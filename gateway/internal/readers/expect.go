package readers

import (
	"net/netip"
	"slices"

	"otasuke/gateway/internal/app"
)

// Conversation names one that another one announces: Client opens it.
type Conversation struct {
	Client, Server netip.Addr
	Port           uint16 // of the server
}

type expectation struct {
	app.Expected
	until int64
}

const (
	// expectTime in microseconds: a data connection follows its command at once.
	expectTime = 60_000_000
	// maxExpected announced at a time: one for each control connection of a busy server.
	maxExpected = 1024
)

// Expected are the conversations that others have announced. The zero value is ready.
type Expected struct{ all map[Conversation]expectation }

// Announce notes what was said about a conversation. now is in microseconds.
func (x *Expected) Announce(c Conversation, e app.Expected, now int64) {
	if x.all == nil {
		x.all = make(map[Conversation]expectation)
	}
	if len(x.all) >= maxExpected {
		for k, v := range x.all {
			if v.until < now {
				delete(x.all, k)
			}
		}
		if len(x.all) >= maxExpected {
			return
		}
	}
	e.Command, e.File = slices.Clone(e.Command), slices.Clone(e.File)
	x.all[c] = expectation{e, now + expectTime}
}

// Take returns, once, what was said about a conversation that begins.
func (x *Expected) Take(c Conversation, now int64) (app.Expected, bool) {
	e, ok := x.all[c]
	delete(x.all, c)
	return e.Expected, ok && e.until >= now
}
