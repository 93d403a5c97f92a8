package news

import (
	"context"
	"embed"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"

	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/news/words"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

//go:embed mail.txt mail.html
var templates embed.FS

var (
	textMail = texttemplate.Must(texttemplate.New("mail.txt").ParseFS(templates, "mail.txt"))
	htmlMail = htmltemplate.Must(htmltemplate.New("mail.html").ParseFS(templates, "mail.html"))
)

// page is what the two templates show.
type page struct {
	text.Texts
	Lang, Subject, Company, Passphrase, Sign, Heading, Plain, Source string
	Blocks                                                           []words.Block
	Facts                                                            []Fact
	Button, ButtonURL                                                string
	Calendar                                                         string
	Help                                                             string
	Sender                                                           []string // name, address, contact
	Why                                                              string   // for what the reader gets it
	Leave                                                            string   // address; "" for what is no promotion
}

// Fact is one line about a seminar.
type Fact struct{ Label, Value, Link string }

// Facts are when and where, in words.
func (m *Meeting) Facts(t text.Texts) (all []Fact) {
	lang := t.Lang()
	when := ja.Long(m.Starts, lang) + t.T("news.until") + ja.Clock(m.Ends)
	if ja.Date(m.Starts, lang) != ja.Date(m.Ends, lang) {
		when = ja.Long(m.Starts, lang) + t.T("news.until") + ja.Long(m.Ends, lang)
	}
	all = append(all, Fact{Label: t.T("news.when"), Value: when})
	if m.Place != "" {
		all = append(all, Fact{Label: t.T("news.place"), Value: m.Place})
	}
	if m.Online != "" {
		all = append(all, Fact{Label: t.T("news.online"), Value: m.Online, Link: m.Online})
	}
	if m.Seats > 0 {
		all = append(all, Fact{Label: t.T("news.seats"), Value: t.T("news.seats_n", "n", m.Seats)})
	}
	if !m.Closes.IsZero() {
		all = append(all, Fact{Label: t.T("news.closes"), Value: ja.Long(m.Closes, lang)})
	}
	return all
}

// Keys of words that a kind, or what a mail says, chooses.
const (
	signKey = "news.sign_"
	saidKey = "news.mail_"
	whyKey  = "news.why_"
)

// Preview is the mail as somebody of a company would get it; its links lead nowhere.
func (s *Service) Preview(p *Piece, lang string) (mail.Message, error) {
	t := s.Texts.In(lang)
	v := s.page(p, whatNews, t)
	v.Company, v.Passphrase = t.T("news.sample_company"), t.T("news.sample_word")
	if v.Button, v.ButtonURL = t.T("news.open"), s.Portal+"/news"; p.Kind == Seminar {
		v.Button = t.T("news.take")
	}
	if p.Kind.Promotion() {
		v.Leave = s.Portal + "/n/leave/…"
	}
	return s.render(v, mail.Message{Subject: v.Subject})
}

func (s *Service) page(p *Piece, what string, t text.Texts) page {
	title, body := p.In(t.Lang())
	v := page{Texts: t, Lang: t.Lang(), Sign: t.T(signKey + string(p.Kind)), Heading: title, Blocks: words.Blocks(body), Plain: words.Plain(body), Help: t.T("news.help", "phone", s.Phone), Source: p.URL}
	v.Sender = []string{t.T("news.from", "provider", s.Provider)}
	if s.Address != "" {
		v.Sender = append(v.Sender, s.Address)
	}
	if s.Contact != "" {
		v.Sender = append(v.Sender, t.T("news.contact", "contact", s.Contact))
	}
	v.Subject = v.Sign + title
	v.Why = t.T(whyKey + string(p.Kind))
	if what, _, _ = strings.Cut(what, "."); what != whatNews {
		// Words about a seat are not the programme again.
		say := t.T(saidKey + strings.ReplaceAll(what, "-", "_"))
		v.Subject, v.Blocks, v.Plain, v.Source, v.Why = t.T("news.about", "say", say, "title", title), words.Blocks(say), say, "", t.T("news.why_seat")
	}
	if p.Meeting != nil {
		v.Facts = p.Meeting.Facts(t)
	}
	return v
}

// compose writes the mail to somebody.
func (s *Service) compose(ctx context.Context, p *Piece, l *letter, to *addressee) (mail.Message, error) {
	t := s.Texts.In(to.Lang)
	v := s.page(p, l.What, t)
	v.Company, v.Passphrase = to.company.Name, to.company.Passphrase
	m := mail.Message{To: mail.Address{Name: words.Line(to.Name, mail.MaxName), Email: l.Email}, ID: l.MessageID, Date: s.Clock.Now()}
	link := func(purpose, ref, path string) (string, error) {
		token, err := s.sign(ctx, purpose, to.company.ID, ref)
		return s.Portal + path + token, err
	}
	var err error
	switch {
	case to.seat != nil:
		v.Passphrase = "" // a guest need not know it
		v.Button = t.T("news.place_open")
		if v.ButtonURL, err = link(forPlace, p.ID+"\x00"+to.ID, "/n/place/"); err != nil {
			return m, err
		}
		if what, _, _ := strings.Cut(l.What, "."); what == whatTaken || what == whatReminder {
			v.Calendar = v.ButtonURL + "/calendar.ics"
		}
	case p.Kind == Seminar:
		v.Button = t.T("news.take")
		if v.ButtonURL, err = link(forSeat, p.ID, "/n/seat/"); err != nil {
			return m, err
		}
	default:
		v.Button, v.ButtonURL = t.T("news.open"), s.Portal+"/news/"+p.ID
	}
	if l.What == whatNews && p.Kind.Promotion() {
		if v.Leave, err = link(forLeave, to.ID, "/n/leave/"); err != nil {
			return m, err
		}
		m.Unsubscribe = v.Leave
	}
	return s.render(v, m)
}

func (s *Service) render(v page, m mail.Message) (mail.Message, error) {
	v.Subject = words.Line(v.Subject, mail.MaxSubject)
	m.Subject = v.Subject
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
