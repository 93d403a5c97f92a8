package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	netmail "net/mail"
	"strings"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/desk/letter"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/desk"
	"otasuke/content/text"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
)

//go:embed migrate
var migrations embed.FS

// Schema is the desk's tables; they point to those of tenant and attach.
func Schema() store.Schema { return store.Sub("desk", migrations) }

// Kinds of jobs.
const (
	KindRead = "desk.read" // a mail that came is read into a ticket
	KindSend = "desk.send" // an answer, or an acknowledgement, goes out
	KindScan = "desk.scan" // a file is shown to the scanner
	KindTell = "desk.tell" // the staff is told of what was said; notify does it
	KindMove = "desk.move" // a ticket goes to another company
)

// kindNumber is the directory's kind of a ticket's number, kindMessage of a Message-ID's hash.
const kindNumber, kindMessage = "ticket", "desk.message"

// People knows who has an address, and what companies are called; tenant.Service is one.
type People interface {
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
}

// Sender hands a message to an SMTP server.
type Sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// Config says what the desk works with.
type Config struct {
	Store  *store.Store
	People People
	Book   *content.Book
	Texts  *text.Catalogue
	// Sender may be nil: answers are read in the portal alone then.
	Sender Sender
	// Domain of our Message-IDs; Own are the addresses that we send from and receive at.
	Domain string
	Own    []string
	// Phone of the desk, as it is read, and the portal's address without a slash at the end.
	Phone, Portal string
	// Clamd is the socket of the scanner; "" for none.
	Clamd string
	// Bounced takes what mail servers send back, and says whether it was about a mail that is known: nobody has to read it then. It may be nil.
	Bounced func(ctx context.Context, raw []byte) (bool, error)
	Clock   clock.Clock
	Log     *slog.Logger
}

// Service is the desk. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{cfg}
}

// Said is something new: of a customer, or what staff heard on the telephone.
type Said struct {
	Text  string
	Files []attach.Upload
}

// Open makes a ticket of what somebody said and returns it. who is a person's id: the customer's own in the portal, the
// staff's for a telephone note. Of t everything but state, number and times counts.
func (s *Service) Open(ctx context.Context, tenantID, who string, t Ticket, said Said) (Ticket, error) {
	t.ID = ""
	if err := t.tidy(); err != nil {
		return t, err
	}
	body, _ := letter.Text(said.Text, MaxText)
	if body == "" && t.Told == (Told{}) && len(said.Files) == 0 {
		return t, ErrEmpty
	}
	if t.Subject == "" {
		t.Subject = letter.Line(firstOf(body, t.Told.What, t.Told.Aim), MaxSubject)
	}
	err := s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if known, err := alike(tx, &t, who, body, s.Clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t = known
			return err
		}
		n, err := countOpen(tx)
		if err == nil && n >= maxOpen && t.Channel == Portal {
			err = ErrTooMany
		}
		if err != nil {
			return err
		}
		if err := s.open(tx, &t, who); err != nil {
			return err
		}
		m := Message{At: t.Opened, Side: Customer, Who: who, Name: t.Name, Text: body}
		return errors.Join(s.say(tx, &t, &m, said.Files), s.ring(tx, &t, t.Opened))
	})
	return t, err
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			first, _, _ := strings.Cut(s, "\n")
			return first
		}
	}
	return ""
}

// tidy makes what was typed fit to be kept.
func (t *Ticket) tidy() (err error) {
	if !Known(t.Topic) {
		t.Topic = TopicOther
	}
	t.Subject, t.Name, t.Company = letter.Line(t.Subject, MaxSubject), letter.Line(t.Name, MaxName), letter.Line(t.Company, MaxName)
	for _, f := range []*string{&t.Told.What, &t.Told.Since, &t.Told.Device, &t.Told.Done, &t.Told.Aim, &t.Told.Price, &t.Told.Doubt} {
		*f, _ = letter.Text(*f, MaxTold)
	}
	if t.Phone != "" {
		if t.Phone, err = entry.Phone(t.Phone); err != nil {
			return ErrPhone
		}
	}
	if t.Email = strings.ToLower(strings.TrimSpace(t.Email)); t.Email != "" {
		if a, err := netmail.ParseAddress(t.Email); err != nil || a.Address != t.Email || len(t.Email) > mail.MaxAddress {
			return ErrEmail
		}
	}
	return nil
}

func digitsOf(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// open gives a ticket its number and times, and keeps it.
func (s *Service) open(tx *store.Tx, t *Ticket, who string) error {
	now := s.Clock.Now()
	t.TenantID, t.State, t.Opened, t.Moved = tx.Tenant(), Fresh, now, now
	if t.ID == "" {
		t.ID = newID()
	}
	t.Due = s.Book.Due(now, t.Urgent)
	for range 20 {
		n, err := rand.Int(rand.Reader, big.NewInt(9_000_000))
		if err != nil {
			return fmt.Errorf("desk: random: %w", err)
		}
		t.Number = fmt.Sprint(n.Int64() + 1_000_000)
		if err = tx.Point(kindNumber, t.Number); errors.Is(err, store.ErrTaken) {
			continue
		} else if err != nil {
			return err
		}
		return errors.Join(insertTicket(tx, t), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "desk.open", Object: t.ID, Why: string(t.Channel)}))
	}
	return fmt.Errorf("desk: no free number")
}

func newID() string { return strings.ToLower(rand.Text()) }

// say adds a message with its files.
func (s *Service) say(tx *store.Tx, t *Ticket, m *Message, files []attach.Upload) error {
	if err := insertMessage(tx, t.ID, m); err != nil {
		return err
	}
	for i := range files {
		state := FileUnknown
		if s.Clamd != "" {
			state = FileWaiting
		}
		if err := errors.Join(attach.Put(tx, &files[i], m.Who, m.At), insertFile(tx, t.ID, m.Seq, files[i].ID, state)); err != nil {
			return err
		}
		if s.Clamd == "" {
			continue
		}
		if err := job.Enqueue(tx, job.Job{Kind: KindScan, Args: scanArgs{files[i].ID}, Unique: files[i].ID}); err != nil {
			return err
		}
	}
	return nil
}

// change runs fn for a ticket, keeps what it changed and writes down what was done.
func (s *Service) change(ctx context.Context, tenantID, id, who, action, why string, fn func(tx *store.Tx, t *Ticket, now time.Time) error) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		t, err := selectTicket(tx, id)
		if err != nil {
			return err
		}
		if t.MovedTo != "" {
			return ErrMoved
		}
		now := s.Clock.Now()
		if err := fn(tx, &t, now); err != nil {
			return err
		}
		return errors.Join(updateTicket(tx, &t), tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "desk." + action, Object: id, Why: why}))
	})
}

// back brings a ticket back to the desk.
func (s *Service) back(t *Ticket, now time.Time) {
	if t.State != Fresh {
		t.Due = s.Book.Due(now, t.Urgent)
	}
	t.State, t.Moved, t.Reason = Fresh, now, ""
}

// Say adds what somebody of the company says in the portal.
func (s *Service) Say(ctx context.Context, tenantID, id string, p tenant.Person, said Said) error {
	body, _ := letter.Text(said.Text, MaxText)
	if body == "" && len(said.Files) == 0 {
		return ErrEmpty
	}
	return once(s.change(ctx, tenantID, id, p.ID, "say", "", func(tx *store.Tx, t *Ticket, now time.Time) error {
		m := Message{At: now, Side: Customer, Who: p.ID, Name: p.Name, Text: body}
		if err := fresh(tx, id, &m); err != nil {
			return err
		}
		s.back(t, now)
		return errors.Join(s.say(tx, t, &m, said.Files), s.ring(tx, t, now))
	}))
}

// Answer says something to the customer, as somebody of the staff; the ticket is answered then, or waits for what was
// asked. It goes out as a mail where there is an address.
func (s *Service) Answer(ctx context.Context, tenantID, id string, p tenant.Person, body string, ask bool) error {
	if body, _ = letter.Text(body, MaxText); body == "" {
		return ErrEmpty
	}
	return once(s.change(ctx, tenantID, id, p.ID, "answer", "", func(tx *store.Tx, t *Ticket, now time.Time) error {
		m := Message{At: now, Side: Staff, Who: p.ID, Name: p.Name, Text: body}
		if err := fresh(tx, id, &m); err != nil {
			return err
		}
		if t.Email != "" && s.Sender != nil {
			m.Sent = SentWaiting
		}
		if t.State, t.Moved, t.Reason = Answered, now, ""; ask {
			t.State = Waiting
		}
		if t.First.IsZero() {
			t.First = now
		}
		if err := s.say(tx, t, &m, nil); err != nil || m.Sent == "" {
			return err
		}
		return job.Enqueue(tx, job.Job{Kind: KindSend, Args: sendArgs{Ticket: t.ID, Seq: m.Seq}, Unique: fmt.Sprint(t.ID, " ", m.Seq)})
	}))
}

// Jot adds a note of the staff's own. spoken: the customer got an answer on the telephone, which counts as one.
func (s *Service) Jot(ctx context.Context, tenantID, id string, p tenant.Person, body string, spoken bool) error {
	if body, _ = letter.Text(body, MaxText); body == "" {
		return ErrEmpty
	}
	return once(s.change(ctx, tenantID, id, p.ID, "note", "", func(tx *store.Tx, t *Ticket, now time.Time) error {
		m := Message{At: now, Side: Note, Who: p.ID, Name: p.Name, Text: body}
		if err := fresh(tx, id, &m); err != nil {
			return err
		}
		if t.Moved = now; spoken {
			if t.First.IsZero() {
				t.First = now
			}
			if t.State == Fresh {
				t.State = Answered
			}
		}
		return s.say(tx, t, &m, nil)
	}))
}

// Close ends a ticket with the reason, which the customer reads.
func (s *Service) Close(ctx context.Context, tenantID, id, who, reason string) error {
	if reason = letter.Line(reason, MaxReason); reason == "" {
		return ErrEmpty
	}
	return s.change(ctx, tenantID, id, who, "close", reason, func(_ *store.Tx, t *Ticket, now time.Time) error {
		if t.State == Closed {
			return ErrState
		}
		t.State, t.Reason, t.Moved = Closed, reason, now
		return nil
	})
}

// Escalate says who else works on a ticket; an empty text takes that back.
func (s *Service) Escalate(ctx context.Context, tenantID, id, who, to string) error {
	to = letter.Line(to, MaxReason)
	return s.change(ctx, tenantID, id, who, "escalate", to, func(_ *store.Tx, t *Ticket, now time.Time) error {
		t.Escalated, t.Moved = to, now
		return nil
	})
}

// Rate keeps how content a customer is with what became of a closed ticket.
func (s *Service) Rate(ctx context.Context, tenantID, id, who string, face int, word string) error {
	word, _ = letter.Text(word, MaxReason)
	return s.change(ctx, tenantID, id, who, "rate", "", func(_ *store.Tx, t *Ticket, _ time.Time) error {
		if t.State != Closed || face < Bad || face > Good {
			return ErrState
		}
		t.Face, t.Word = face, word
		return nil
	})
}

// Ticket is one, with what was said; notes only for the staff.
func (s *Service) Ticket(ctx context.Context, tenantID, id string, staff bool) (t Ticket, all []Message, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		if t, err = selectTicket(tx, id); err != nil {
			return err
		}
		if t.MovedTo != "" && !staff {
			return store.ErrNotFound // it is somebody else's
		}
		said, err := selectMessages(tx, id, maxThread)
		for _, m := range said {
			if staff || m.Side != Note {
				all = append(all, m)
			}
		}
		return err
	})
	return t, all, err
}

// Tickets are those of a company, open ones first.
func (s *Service) Tickets(ctx context.Context, tenantID string) (all []Ticket, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectTickets(tx)
		return err
	})
	return all, err
}

// Queue is what is not closed, of all companies: what waits for the desk first. It is written down who reads it, and why.
func (s *Service) Queue(ctx context.Context, who, why string) ([]Item, error) {
	return s.across(ctx, who, why, selectQueue)
}

// ByPhone are tickets of a telephone number, as digits, the newest first.
func (s *Service) ByPhone(ctx context.Context, who, why, digits string) ([]Item, error) {
	return s.across(ctx, who, why, func(tx *store.AllTx) ([]Ticket, error) { return selectDigits(tx, digits) })
}

// Since are the tickets opened since a time.
func (s *Service) Since(ctx context.Context, who, why string, since time.Time) ([]Item, error) {
	return s.across(ctx, who, why, func(tx *store.AllTx) ([]Ticket, error) { return selectSince(tx, since) })
}

func (s *Service) across(ctx context.Context, who, why string, read func(*store.AllTx) ([]Ticket, error)) (items []Item, err error) {
	err = s.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		names, err := tenant.Names(tx)
		if err != nil {
			return err
		}
		all, err := read(tx)
		for _, t := range all {
			items = append(items, Item{t, names[t.TenantID]})
		}
		return err
	})
	return items, err
}

// ByNumber finds a ticket by its seven digits, in whatever company.
func (s *Service) ByNumber(ctx context.Context, number string) (t Ticket, err error) {
	owner, err := s.Store.Owner(ctx, kindNumber, number)
	if err != nil {
		return t, err
	}
	err = s.Store.Read(ctx, owner, func(tx *store.Tx) (err error) {
		t, err = selectNumber(tx, number)
		return err
	})
	if err == nil && t.MovedTo != "" {
		return s.Where(ctx, owner, t.ID)
	}
	return t, err
}

// FirstAnswer is how long a first answer took, in opening hours; false while there is none.
func (s *Service) FirstAnswer(t *Ticket) (time.Duration, bool) {
	return s.Book.Between(t.Opened, t.First), !t.First.IsZero()
}

// File is one of a ticket, unless it is kept away.
func (s *Service) File(ctx context.Context, tenantID, id, file string) (f attach.File, data []byte, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		known, err := selectFile(tx, id, file)
		if err != nil {
			return err
		}
		if !known.Open() {
			return ErrFile
		}
		f, data, err = attach.Get(tx, file)
		return err
	})
	return f, data, err
}

// scanArgs are those of [KindScan].
type scanArgs struct {
	File string `json:"file"`
}

func unmarshal(raw json.RawMessage, to any) error {
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(to); err != nil {
		return fmt.Errorf("%w: desk: %w", job.ErrGiveUp, err)
	}
	return nil
}
