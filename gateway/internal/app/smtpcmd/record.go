package smtpcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
)

// Record is the member "smtp" of EVE records.
type Record struct {
	Helo     string   `json:"helo,omitempty"`
	MailFrom string   `json:"mail_from,omitempty"`
	RcptTo   []string `json:"rcpt_to,omitempty"`
}

// Email is the member "email" of EVE records.
type Email struct {
	Status     string   `json:"status"`
	From       string   `json:"from,omitempty"`
	To         []string `json:"to,omitempty"`
	CC         []string `json:"cc,omitempty"`
	Attachment []string `json:"attachment,omitempty"`
	URL        []string `json:"url,omitempty"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	t := tx.User.(*transaction)
	fields := []app.Field{{Name: "smtp", Value: Record{
		Helo:     string(t.conn.helo),
		MailFrom: string(t.from),
		RcptTo:   texts(t.recipients),
	}}}
	if t.message == nil {
		return fields
	}
	m := t.message
	return append(fields, app.Field{Name: "email", Value: Email{
		Status:     m.Status(),
		From:       string(m.Get("from")),
		To:         addresses(m.Get("to")),
		CC:         addresses(m.Get("cc")),
		Attachment: texts(m.Attachments()),
		URL:        texts(m.URLs()),
	}})
}

func texts(list [][]byte) []string {
	var out []string
	for _, b := range list {
		out = append(out, string(b))
	}
	return out
}

// addresses splits a list of addresses at commas that are not quoted (RFC 5322 section
// 3.4).
func addresses(b []byte) []string {
	var out []string
	quoted, from := false, 0
	add := func(to int) {
		if a := bytes.TrimSpace(b[from:to]); len(a) > 0 {
			out = append(out, string(a))
		}
		from = to + 1
	}
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '\\' && quoted:
			i++
		case b[i] == '"':
			quoted = !quoted
		case b[i] == ',' && !quoted:
			add(i)
		}
	}
	add(len(b))
	return out
}
