package smtpcmd

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/mimemsg"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// OpenFile implements [mimemsg.Handler].
func (t *transaction) OpenFile(name []byte) {
	t.file = t.conn.sink.OpenFile(&t.Tx, app.ToServer, name)
}

// WriteFile implements [mimemsg.Handler].
func (t *transaction) WriteFile(b []byte) { t.conn.sink.WriteFile(t.file, b) }

// begins tells of a part that begins behind the line at hand. Of chunks nobody is told: a part
// may be cut by commands.
func (t *transaction) begins(number int) {
	if c := t.conn; c.current == data {
		app.ShowPart(c.sink, &app.Part{Tx: &t.Tx, Dir: app.ToServer, Mail: t.message.Name(), Number: number, Left: c.left, Size: -1, Borders: t.message.Borders()})
	}
}

// CloseFile implements [mimemsg.Handler].
func (t *transaction) CloseFile() {
	t.file.Encoded = t.message.Size()
	t.conn.sink.CloseFile(t.file, t.cut)
	t.file = nil
}

// MIMEEvent implements [mimemsg.Handler].
func (t *transaction) MIMEEvent(name string) { t.conn.event(name) }

// URL implements [mimemsg.Handler].
func (t *transaction) URL(u []byte) { t.Sides[app.ToServer].Put(rule.EmailURL, u) }

// headerBuffers are the headers that rules see, by name in lower case.
var headerBuffers = map[string]rule.Buffer{
	"from":       rule.EmailFrom,
	"to":         rule.EmailTo,
	"cc":         rule.EmailCC,
	"subject":    rule.EmailSubject,
	"date":       rule.EmailDate,
	"message-id": rule.EmailMessageID,
	"x-mailer":   rule.EmailMailer,
	"received":   rule.EmailReceived,
}

// Headers implements [mimemsg.Handler]: it gives the message's headers to rules, of
// those that occur once the first.
func (t *transaction) Headers() {
	side := &t.Sides[app.ToServer]
	var seen rule.BufferSet
	for _, h := range t.message.Headers() {
		b, ok := headerBuffers[string(ascii.ToLower(h.Name))]
		if !ok || len(h.Value) == 0 || seen.Has(b) && b != rule.EmailReceived || t.values == MaxHeaderValues {
			continue
		}
		seen.Add(b)
		side.Put(b, h.Value)
		t.values++
	}
	t.conn.step(app.ToServer)
}

var _ mimemsg.Handler = (*transaction)(nil)
