package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"otasuke/centre/internal/desk/letter"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/internal/ja"
)

// sendArgs are those of [KindSend]: the answer with a number, or an acknowledgement decided at a time in microseconds.
type sendArgs struct {
	Ticket string `json:"ticket"`
	Seq    int    `json:"seq,omitempty"`
	Ack    int64  `json:"ack,omitempty"`
}

// HandleSend sends one mail of a thread. Sent twice, because the process died in between, it has the same Message-ID
// and is shown once.
func (s *Service) HandleSend(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args sendArgs
	if err := unmarshal(raw, &args); err != nil {
		return err
	}
	t, all, err := s.Ticket(ctx, tenantID, args.Ticket, true)
	if errors.Is(err, store.ErrNotFound) || err == nil && (t.Email == "" || t.MovedTo != "") { // the company's own job sends what waits
		return nil
	}
	if err != nil {
		return err
	}
	m := mail.Message{To: mail.Address{Name: letter.Line(t.Name, mail.MaxName), Email: t.Email}, Subject: s.subject(&t), Date: s.Clock.Now(), Personal: args.Ack == 0,
		ID: fmt.Sprintf("%s.%d@%s", t.ID, args.Seq, s.Domain)}
	var answer *Message
	for i := range all {
		one := &all[i]
		if one.Seq == args.Seq {
			answer = one
			break
		}
		if one.MessageID != "" && mail.ValidID(one.MessageID) {
			m.References = append(m.References, one.MessageID)
		}
	}
	if n := len(m.References); n > mail.MaxReferences {
		m.References = append(m.References[:1:1], m.References[n-mail.MaxReferences+1:]...)
	}
	switch {
	case args.Ack != 0:
		m.ID = fmt.Sprintf("%s.a%d@%s", t.ID, args.Ack, s.Domain)
	case answer == nil || answer.Side != Staff || answer.Sent != SentWaiting:
		return nil
	}
	if m.Text, err = s.words(ctx, &t, answer); err != nil {
		return err
	}
	// What is answered to this mail must find its way before the mail is out.
	if err := s.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return s.known(tx, &t, args, SentWaiting, m.ID) }); err != nil {
		return err
	}
	err = s.Sender.Send(ctx, m)
	how := SentOut
	if errors.Is(err, mail.ErrPermanent) || errors.Is(err, mail.ErrMessage) {
		s.Log.Error("mail of the desk refused", "tenant", tenantID, "ticket", t.ID, "error", err)
		how, err = SentRefused, nil
	}
	if err != nil {
		return err
	}
	// The server's answer counts even when we are being stopped.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.Store.Write(end, tenantID, func(tx *store.Tx) error { return s.known(tx, &t, args, how, m.ID) })
}

// known keeps how a mail went out, and to whom answers to it belong.
func (s *Service) known(tx *store.Tx, t *Ticket, args sendArgs, how, id string) error {
	if err := tx.Point(kindMessage, messageKey(id)); err != nil && !errors.Is(err, store.ErrTaken) {
		return err
	}
	if args.Ack != 0 {
		return nil
	}
	return setSent(tx, t.ID, args.Seq, how, id)
}

// subject is that of the thread with the ticket's number before it, by which an answer without headers is known.
func (s *Service) subject(t *Ticket) string {
	tag := s.Texts.In(t.Lang).T("desk.mail_tag", "number", t.Number)
	rest := strings.TrimSpace(strings.ReplaceAll(t.Subject, tag, ""))
	for len(rest) > 3 && strings.EqualFold(rest[:3], "re:") {
		rest = strings.TrimSpace(rest[3:])
	}
	return letter.Line("Re: "+tag+" "+rest, mail.MaxSubject)
}

// words of a mail: an answer, or that one is coming.
func (s *Service) words(ctx context.Context, t *Ticket, answer *Message) (string, error) {
	texts := s.Texts.In(t.Lang)
	var parts []string
	name := t.Name
	if name == "" {
		name = texts.T("desk.mail_you")
	}
	parts = append(parts, texts.T("desk.mail_to", "name", name))
	if t.PersonID != "" {
		company, err := s.People.CompanyByID(ctx, t.TenantID)
		if err != nil {
			return "", fmt.Errorf("desk: company: %w", err)
		}
		if company.Passphrase != "" {
			parts = append(parts, texts.T("mail.passphrase")+": "+company.Passphrase)
		}
	}
	now := s.Clock.Now()
	switch {
	case answer != nil:
		parts = append(parts, answer.Text)
	case s.Book.Open(now):
		parts = append(parts, texts.T("desk.mail_got"), texts.T("desk.mail_due", "time", ja.Short(t.Due, texts.Lang())))
	default:
		parts = append(parts, texts.T("desk.mail_got"), texts.T("desk.mail_shut", "opens", ja.Short(s.Book.Opens(now), texts.Lang()), "time", ja.Short(t.Due, texts.Lang())))
	}
	parts = append(parts, texts.T("desk.mail_foot", "number", t.Number, "phone", s.Phone))
	if t.PersonID != "" && s.Portal != "" {
		parts = append(parts, texts.T("desk.mail_see")+"\n  "+s.Portal+"/desk/"+t.ID)
	}
	return strings.Join(parts, "\n\n") + "\n", nil
}
