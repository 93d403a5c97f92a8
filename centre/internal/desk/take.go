package desk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/desk/clam"
	"otasuke/centre/internal/desk/letter"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

const (
	// mailPart is how much of a mail lies in one row.
	mailPart = 256 << 10
	// keepKnown is how long a mail is known again: longer than any server tries to deliver one.
	keepKnown = 90 * 24 * time.Hour
	// ackEvery is how often a thread is acknowledged by itself, at most; maxAcks is how many an address gets in that time, of
	// all its threads: two machines that answer each other end there.
	ackEvery = 24 * time.Hour
	maxAcks  = 5
	// unreadAfter is when a mail that lies in no ticket is worth a word to the staff.
	unreadAfter = 10 * time.Minute
)

// ErrLarge: a mail is larger than what is taken; its sender has to hear that.
var ErrLarge = fmt.Errorf("desk: mail is larger than %d MiB", letter.MaxSize>>20)

type readArgs struct {
	Mail string `json:"mail"`
}

// Take keeps a mail as it came. Once it returns nil the mail cannot be lost any more; the same one again is no error. cut: it
// is only the header of a larger one.
func (s *Service) Take(ctx context.Context, raw []byte, cut bool) error {
	switch {
	case len(raw) > letter.MaxSize:
		return ErrLarge
	case len(bytes.TrimSpace(raw)) == 0:
		return ErrEmpty
	}
	id, now := same(raw), s.Clock.Now()
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error {
		if err := forgetMails(tx, now.Add(-keepKnown)); err != nil {
			return err
		}
		if _, err := selectMail(tx, id); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := insertMail(tx, id, raw, cut, now); err != nil {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindRead, Args: readArgs{id}, Unique: id})
	})
}

// same is what makes a mail the same one: its Message-ID with everything below the header, where servers on its way add
// nothing; all of it when it has none.
func same(raw []byte) string {
	sum := sha256.New()
	head, body, _ := bytes.Cut(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	if l := letter.Read(append(slices.Clone(head), "\n\n"...)); l.ID != "" {
		fmt.Fprintf(sum, "%s\x00%s\x00", l.ID, l.Address)
	} else {
		sum.Write(head)
	}
	sum.Write(bytes.TrimRight(body, "\n"))
	return hex.EncodeToString(sum.Sum(nil))
}

// goal is where a mail goes: a ticket that exists, or one that is to be made with that id.
type goal struct {
	Tenant, Ticket string
	Make           bool
	PersonID, Name string
	Lang           string
}

// HandleRead reads a mail into its ticket, each step unless it is done already.
func (s *Service) HandleRead(ctx context.Context, _ string, raw json.RawMessage) error {
	var args readArgs
	if err := unmarshal(raw, &args); err != nil {
		return err
	}
	var row mailRow
	var data []byte
	err := s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		if row, err = selectMail(tx, args.Mail); err == nil && !row.done {
			data, err = selectRaw(tx, args.Mail, row.size)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) || row.done {
		return nil
	}
	if err != nil {
		return err
	}
	l := letter.Read(data)
	l.Cut = l.Cut || row.cut
	if l.Bounce && row.goal == "" && s.Bounced != nil {
		if known, err := s.Bounced(ctx, data); err != nil {
			return err
		} else if known {
			return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error { return endMail(tx, args.Mail, s.Clock.Now()) })
		}
	}
	var to goal
	if row.goal == "" {
		if to, err = s.where(ctx, l); err != nil {
			return err
		}
		text, err := json.Marshal(to)
		if err != nil {
			return err
		}
		// Decided once: whatever changes before the next try, the mail does not go to two tickets.
		if err := s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error { return setGoal(tx, args.Mail, string(text)) }); err != nil {
			return err
		}
	} else if err := unmarshal([]byte(row.goal), &to); err != nil {
		return err
	}
	if to, err = s.follow(ctx, to); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err // what has gone to another company since then is there in a moment
	}
	if err := s.Store.Write(ctx, to.Tenant, func(tx *store.Tx) error { return s.put(tx, args.Mail, &to, l) }); err != nil {
		return err
	}
	return s.Store.Write(ctx, tenant.House, func(tx *store.Tx) error { return endMail(tx, args.Mail, s.Clock.Now()) })
}

// where finds the ticket of a mail: that of a mail which it answers, or the one whose number stands in its subject, when the sender's
// address is its own or of its company; else it is a new one.
func (s *Service) where(ctx context.Context, l *letter.Letter) (goal, error) {
	for _, ref := range slices.Backward(l.Refs) {
		to, err := s.referred(ctx, ref)
		if !errors.Is(err, store.ErrNotFound) {
			return to, err
		}
	}
	var p tenant.Person
	if l.Address != "" {
		var err error
		if p, err = s.sender(ctx, l.Address); err != nil && !errors.Is(err, store.ErrNotFound) {
			return goal{}, err
		}
	}
	for _, n := range l.Numbers {
		t, err := s.ByNumber(ctx, n)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return goal{}, err
		}
		// A number can be guessed, or seen on somebody's desk.
		if err == nil && (t.Email != "" && strings.EqualFold(t.Email, l.Address) || p.TenantID == t.TenantID && p.TenantID != tenant.House) {
			return goal{Tenant: t.TenantID, Ticket: t.ID}, nil
		}
	}
	to := goal{Tenant: tenant.House, Ticket: newID(), Make: true, Name: l.Name, Lang: "ja"}
	if p.ID != "" && p.TenantID != tenant.House {
		to.Tenant, to.PersonID, to.Name, to.Lang = p.TenantID, p.ID, p.Name, string(p.Lang)
	}
	return to, nil
}

// sender is who has an address, in whatever company; that a mail says it came from there proves nothing.
func (s *Service) sender(ctx context.Context, email string) (tenant.Person, error) {
	owner, err := s.Store.Owner(ctx, "email", tenant.EmailKey(email))
	if err != nil {
		return tenant.Person{}, err
	}
	people, err := s.People.People(ctx, owner)
	if err != nil {
		return tenant.Person{}, err
	}
	for _, p := range people {
		if strings.EqualFold(p.Email, email) {
			return p, nil
		}
	}
	return tenant.Person{}, store.ErrNotFound
}

func messageKey(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// referred is the ticket of a Message-ID.
func (s *Service) referred(ctx context.Context, id string) (goal, error) {
	owner, err := s.Store.Owner(ctx, kindMessage, messageKey(id))
	if err != nil {
		return goal{}, err
	}
	to := goal{Tenant: owner}
	err = s.Store.Read(ctx, owner, func(tx *store.Tx) (err error) {
		if to.Ticket, err = byMessageID(tx, id); err != nil || to.Ticket != "" {
			return err
		}
		to.Ticket, _, _ = strings.Cut(id, ".") // of ours, which begin with the ticket's id
		_, err = selectTicket(tx, to.Ticket)
		return err
	})
	if err != nil {
		return to, err
	}
	return s.follow(ctx, to)
}

// put adds a mail to its ticket, once.
func (s *Service) put(tx *store.Tx, mailID string, to *goal, l *letter.Letter) error {
	if done, err := hasMail(tx, mailID); err != nil || done != "" {
		return err
	}
	now := s.Clock.Now()
	t, err := selectTicket(tx, to.Ticket)
	switch {
	case err == nil && !l.Auto || err == nil && l.Bounce:
		s.back(&t, now)
		err = s.ring(tx, &t, now)
	case errors.Is(err, store.ErrNotFound) && to.Make:
		t = Ticket{ID: to.Ticket, Channel: Mail, Topic: TopicOther, Subject: letter.Line(cmp.Or(l.Subject, firstOf(l.Text)), MaxSubject), Name: letter.Line(to.Name, MaxName), Email: strings.ToLower(l.Address), PersonID: to.PersonID, ByAddress: to.PersonID != "", Lang: to.Lang}
		err = errors.Join(s.open(tx, &t, "system:mail"), s.ring(tx, &t, now))
	}
	if err != nil {
		return err
	}
	m := Message{At: now, Side: Customer, Name: l.Name, Address: strings.ToLower(l.Address), Text: l.Text, MailID: mailID, MessageID: l.ID, Auto: l.Auto, Cut: l.Cut}
	var files []attach.Upload
	for _, f := range l.Files {
		u, err := attach.Check(f.Name, bytes.NewReader(f.Data), Kinds...)
		if m.Cut = m.Cut || err != nil; err == nil {
			files = append(files, u)
		}
	}
	if l.ID != "" {
		if err := tx.Point(kindMessage, messageKey(l.ID)); err != nil && !errors.Is(err, store.ErrTaken) {
			return err
		}
	}
	if err := s.say(tx, &t, &m, files); err != nil {
		return err
	}
	if err := s.acknowledge(tx, &t, l, now); err != nil {
		return err
	}
	return errors.Join(updateTicket(tx, &t), tenant.Audit(tx, now, tenant.Entry{Who: "system:mail", Action: "desk.mail", Object: t.ID}))
}

// Kinds of files that are taken: all; what is no picture and no PDF is handed out and never shown.
var Kinds = append(slices.Clone(attach.Papers), attach.Other)

// acknowledge tells the sender that the mail came, unless nobody wrote it, or it was told already.
func (s *Service) acknowledge(tx *store.Tx, t *Ticket, l *letter.Letter, now time.Time) error {
	if l.Auto || s.Sender == nil || !strings.EqualFold(l.Address, t.Email) || slices.ContainsFunc(s.Own, func(own string) bool { return strings.EqualFold(own, l.Address) }) ||
		now.Sub(t.LastAcked) < ackEvery {
		return nil
	}
	n, err := countAcked(tx, t.Email, now.Add(-ackEvery))
	if err != nil || n >= maxAcks {
		return err
	}
	t.LastAcked = now
	return job.Enqueue(tx, job.Job{Kind: KindSend, Args: sendArgs{Ticket: t.ID, Ack: now.UnixMicro()}, Unique: fmt.Sprint(t.ID, " ack")})
}

// Unread counts mails that have lain in no ticket for some minutes: something is wrong with them, or with us.
func (s *Service) Unread(ctx context.Context) (n int, err error) {
	err = s.Store.Read(ctx, tenant.House, func(tx *store.Tx) (err error) {
		n, err = countUnread(tx, s.Clock.Now().Add(-unreadAfter))
		return err
	})
	return n, err
}

// HandleScan shows a file to the scanner. While that does not answer, the file is said to be unscanned, and it is asked again.
func (s *Service) HandleScan(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args scanArgs
	if err := unmarshal(raw, &args); err != nil {
		return err
	}
	var data []byte
	err := s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		_, data, err = attach.Get(tx, args.File)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil // it has gone to another company, where it is scanned
	}
	if err != nil {
		return fmt.Errorf("desk: file %s: %w", args.File, err)
	}
	virus, err := clam.Scan(ctx, s.Clamd, data)
	state := FileClean
	switch {
	case err != nil:
		state = FileUnknown
	case virus != "":
		state = FileInfected
		s.Log.Warn("infected file came to the desk", "tenant", tenantID, "file", args.File, "virus", virus)
	}
	kept := s.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return setFile(tx, args.File, state, letter.Line(virus, MaxName)) })
	if errors.Is(err, clam.ErrTooLarge) {
		err = nil
	}
	return errors.Join(err, kept)
}
