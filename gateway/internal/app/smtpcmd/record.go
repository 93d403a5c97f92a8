package smtpcmd

import (
	"bytes"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/mimemsg"
	"otasuke/internal/ascii"
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

	// Headers that Config asks for.
	ReplyTo        string   `json:"reply_to,omitempty"`
	BCC            []string `json:"bcc,omitempty"`
	MessageID      string   `json:"message_id,omitempty"`
	Subject        string   `json:"subject,omitempty"`
	XMailer        string   `json:"x_mailer,omitempty"`
	UserAgent      string   `json:"user_agent,omitempty"`
	Received       []string `json:"received,omitempty"`
	XOriginatingIP string   `json:"x_originating_ip,omitempty"`
	InReplyTo      string   `json:"in_reply_to,omitempty"`
	References     []string `json:"references,omitempty"`
	Importance     string   `json:"importance,omitempty"`
	Priority       string   `json:"priority,omitempty"`
	Sensitivity    string   `json:"sensitivity,omitempty"`
	Organization   string   `json:"organization,omitempty"`
	ContentMD5     string   `json:"content_md5,omitempty"`
	Date           string   `json:"date,omitempty"`
}

// Config says what is read and what records tell.
type Config struct {
	// AllParts gives the parts of a message that have no name as files, too.
	AllParts bool
	// Headers are those of a message that records tell beside the usual ones, by name in
	// lower case ("reply-to").
	Headers []string
}

// add fills in the headers that are asked for.
func (e *Email) add(m *mimemsg.Message, names []string) {
	one := map[string]*string{
		"reply-to": &e.ReplyTo, "message-id": &e.MessageID, "subject": &e.Subject, "x-mailer": &e.XMailer, "user-agent": &e.UserAgent,
		"x-originating-ip": &e.XOriginatingIP, "in-reply-to": &e.InReplyTo, "importance": &e.Importance, "priority": &e.Priority,
		"sensitivity": &e.Sensitivity, "organization": &e.Organization, "content-md5": &e.ContentMD5, "date": &e.Date,
	}
	for _, name := range names {
		switch to := one[name]; {
		case to != nil:
			*to = string(m.Get(name))
		case name == "bcc":
			e.BCC = addresses(m.Get(name))
		case name == "references":
			e.References = addresses(m.Get(name))
		case name == "received":
			for _, h := range m.Headers() {
				if ascii.EqualFold(h.Name, name) {
					e.Received = append(e.Received, string(h.Value))
				}
			}
		}
	}
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
	email := Email{
		Status:     m.Status(),
		From:       string(m.Get("from")),
		To:         addresses(m.Get("to")),
		CC:         addresses(m.Get("cc")),
		Attachment: texts(m.Attachments()),
		URL:        texts(m.URLs()),
	}
	email.add(m, t.conn.cfg.Headers)
	return append(fields, app.Field{Name: "email", Value: email})
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
