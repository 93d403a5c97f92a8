package smtpcmd

import (
	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// codes are the reply codes in use (RFC 5321 section 4.2.3 and the IANA's extensions).
var codes = func() (known [1000]bool) {
	for _, n := range []int{
		211, 214, 220, 221, 235, 250, 251, 252, 334, 354,
		401, 402, 421, 435, 450, 451, 452, 454, 455,
		500, 501, 502, 503, 504, 511, 521, 522, 525, 530, 534, 535, 538, 541, 543,
		550, 551, 552, 553, 554, 555,
	} {
		known[n] = true
	}
	return known
}()

// replyCode is the code of a reply line, 0 when it is none.
func replyCode(b []byte) int {
	n := 0
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	if !codes[n] {
		return 0
	}
	return n
}

// reply reads a line of the server. rest are the bytes behind it.
func (c *Conn) reply(l line, rest []byte) {
	if c.tx != nil {
		app.ShowFrame(c.sink, &c.tx.Tx, app.ToClient, rule.FrameSMTPResponseLine, l.whole())
	} else {
		app.ShowFrame(c.sink, nil, app.ToClient, rule.FrameSMTPResponseLine, l.whole())
	}
	code := 0
	if len(l.text) >= 3 {
		c.multiline = len(l.text) >= 4 && l.text[3] == '-'
		code = replyCode(l.text)
	}
	if code == 0 {
		c.event("invalid_reply")
		c.stepBoth()
		c.stop()
		return
	}
	if c.replied == len(c.pending) {
		if !c.greeted && code != 220 {
			c.event("invalid_reply")
			c.stepBoth()
		}
		c.greeted = true
		return
	}
	c.greeted = true
	switch c.pending[c.replied] {
	case startTLS:
		if code == 220 {
			c.secure(rest)
			return
		}
		c.event("tls_rejected")
	case data:
		if code == 354 {
			c.inData = true
		} else {
			c.event("data_command_rejected")
		}
	case rset:
		if code == 250 && !c.multiline && !c.tx.done {
			c.complete(false)
		}
	}
	if !c.multiline {
		c.replied++
		if c.replied == len(c.pending) {
			c.pending, c.replied = c.pending[:0], 0
		}
	} else if len(l.text) >= 14 && hasFold(l.text[4:], "pipelining") {
		c.pipelining = true
	}
	c.stepBoth()
}

// stepBoth lets rules of both directions see events that a reply caused.
func (c *Conn) stepBoth() {
	if c.tx != nil && !c.tx.done {
		c.step(app.ToServer)
		c.step(app.ToClient)
	}
}

// secure hands the conversation over to TLS (RFC 3207 section 4).
func (c *Conn) secure(rest []byte) {
	c.stop()
	c.sink.Become(rule.ProtoTLS, app.ToClient, rest)
}
