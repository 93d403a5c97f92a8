package notify

import (
	"embed"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
)

//go:embed mail.txt mail.html appeal.txt staff.txt withdrawn.txt login.txt report.txt report.html
var templates embed.FS

var (
	textMail = texttemplate.Must(texttemplate.New("mail.txt").ParseFS(templates, "mail.txt"))
	htmlMail = htmltemplate.Must(htmltemplate.New("mail.html").ParseFS(templates, "mail.html"))
)

// maxDevice bounds a device's name in the subject, which should stay on a phone.
const maxDevice = 30

// page is what the two templates show.
type page struct {
	text.Texts
	knowledge.Explained
	Lang       string
	Company    string
	Passphrase string
	Help       string
	Update     bool
	Answers    []answer
	Portal     string
	Tint       string // colour of the importance, always beside its words
}

type answer struct{ Label, URL string }

// Nth numbers the steps from 1.
func (page) Nth(i int) int { return i + 1 }

// render writes the mail about an alert for one person.
func (n *Notifier) render(x news, p tenant.Person, d *Delivery, token string) (mail.Message, error) {
	a, c := x.alert, x.company
	lang, now := string(p.Lang), n.cfg.Clock.Now()
	t := n.cfg.Knowledge.Texts(lang)
	shown := *a
	shown.DeviceName = oneLine(a.DeviceName, maxDevice)
	v := page{
		Texts: t, Explained: n.cfg.Knowledge.Explain(&shown, lang, now), Lang: t.Lang(), Company: c.Name, Passphrase: c.Passphrase,
		Update: len(d.Thread) > 0, Portal: n.cfg.BaseURL + "/alerts/" + a.ID, Tint: tint(a.Stars),
	}
	n.cfg.Knowledge.Spread(&v.Explained, a, x.open)
	v.Help = t.T("alert.help", "phone", n.cfg.Phone, "hours", n.hours(t), "case", v.Case)
	for _, x := range []struct{ key, path string }{
		{"alert.answer_done", "done"}, {"alert.answer_expected", "expected"}, {"alert.answer_call", "call"},
	} {
		v.Answers = append(v.Answers, answer{t.T(x.key), n.cfg.BaseURL + "/a/" + token + "/" + x.path})
	}
	key := "mail.subject_stopped"
	if v.Update {
		key = "mail.subject_update"
	}
	m := mail.Message{
		To: mail.Address{Name: oneLine(p.Name, mail.MaxName), Email: p.Email}, ID: d.MessageID, References: thread(d), Date: now,
		Subject: oneLine(t.T(key, "stars", v.StarsSign, "due", v.Deadline, "what", v.What, "done", v.Done), mail.MaxSubject),
	}
	var plain, html strings.Builder
	if err := textMail.Execute(&plain, v); err != nil {
		return m, err
	}
	if err := htmlMail.Execute(&html, v); err != nil {
		return m, err
	}
	m.Text, m.HTML = plain.String(), html.String()
	return m, nil
}

func (n *Notifier) hours(t text.Texts) string {
	if h := n.cfg.Hours[t.Lang()]; h != "" {
		return h
	}
	return t.T("common.hours")
}

// thread keeps the first and the newest mails of a long thread.
func thread(d *Delivery) []string {
	ids := d.Thread
	if len(ids) > mail.MaxReferences {
		ids = append(ids[:1:1], ids[len(ids)-mail.MaxReferences+1:]...)
	}
	return ids
}

// oneLine makes text that people entered safe for a header and bounds it.
func oneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit-1]) + "…"
	}
	return strings.TrimSpace(s)
}

func tint(s alert.Stars) string {
	if s >= alert.High {
		return "#b30000"
	}
	return "#8a5a00"
}
