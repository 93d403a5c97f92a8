package engine

import (
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/flow"
)

// expected names a conversation that another one has announced.
type expected struct {
	client, server netip.Addr // client opens it
	port           uint16     // of server
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

func (w *Worker) expect(x expected, e app.Expected) {
	if w.expects == nil {
		w.expects = make(map[expected]expectation)
	}
	if len(w.expects) >= maxExpected {
		for k, v := range w.expects {
			if v.until < w.now {
				delete(w.expects, k)
			}
		}
		if len(w.expects) >= maxExpected {
			return
		}
	}
	e.Command, e.File = append([]byte(nil), e.Command...), append([]byte(nil), e.File...)
	w.expects[x] = expectation{e, w.now + expectTime}
}

// announced returns what was said about a conversation that begins.
func (w *Worker) announced(k flow.Key) (app.Expected, bool) {
	if len(w.expects) == 0 {
		return app.Expected{}, false
	}
	x := expected{client: k.Client, server: k.Server, port: k.ServerPort}
	e, ok := w.expects[x]
	if ok {
		delete(w.expects, x)
	}
	return e.Expected, ok && e.until >= w.now
}
