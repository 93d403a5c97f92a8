package http1

import "otasuke/gateway/internal/app"

// Current returns the transaction that a direction is in, or the one that it goes on
// with; nil is none.
func (c *Conn) Current(dir int) *app.Tx {
	d := &c.dirs[dir]
	switch {
	case d.x != nil:
		return &d.x.tx
	case dir == app.ToClient && c.next < len(c.open):
		return &c.open[c.next].tx
	case dir == app.ToServer && len(c.open) > 0:
		return &c.open[len(c.open)-1].tx
	}
	return nil
}

// Host returns the host that a transaction's request is for, in small letters, and
// Target its target as sent. They are good until the transaction is reset.
func Host(tx *app.Tx) []byte {
	if x := exchangeOf(tx); x != nil {
		return x.req.host
	}
	return nil
}

// Target returns the target of a transaction's request as sent.
func Target(tx *app.Tx) []byte {
	if x := exchangeOf(tx); x != nil {
		return x.req.target
	}
	return nil
}

// Begun says whether bytes of the response that comes next were given to Push
// already: a page cannot take its place any more.
func (c *Conn) Begun() bool {
	d := &c.dirs[app.ToClient]
	return d.x != nil || d.step != stepLine
}

// Opaque says that rules have nothing to look at in what comes next in dir: another
// protocol took over, or the body that is read is past its limit.
func (c *Conn) Opaque(dir int) bool {
	d := &c.dirs[dir]
	return c.gone || d.step == stepDead || d.step == stepIgnore || d.inBody() && d.x.message(dir).full
}

// Unread is how many bytes of the body that dir is in are still to come and are not read,
// not even for a file; -1 is all up to the end of the conversation.
func (c *Conn) Unread(dir int) int64 {
	d := &c.dirs[dir]
	switch {
	case c.gone || d.step == stepDead || d.step == stepIgnore:
		return -1
	case !d.inBody() || !d.x.message(dir).limited:
		return 0
	case d.step == stepBody:
		return d.left
	}
	return -1
}

// inBody tells that the bytes that come next belong to a body.
func (d *reading) inBody() bool {
	return d.x != nil && (d.step == stepBody || d.step == stepUntilClose)
}

// Verdict says how sure recognition is.
type Verdict uint8

// Verdicts.
const (
	No    Verdict = iota // cannot be HTTP/1
	Maybe                // more bytes are needed
	Yes                  // begins as HTTP/1 does
)

// longestMethod is that of "BASELINE-CONTROL" with the space behind it.
const longestMethod = 17
