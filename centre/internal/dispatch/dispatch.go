package dispatch

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of vendors and visits; they point to those of tenant and attach.
func Schema() store.Schema { return store.Sub("dispatch", migrations) }

// Kinds of jobs.
const (
	KindOffer = "dispatch.offer" // a vendor is asked by mail
	KindDue   = "dispatch.due"   // has the vendor answered?
	KindTell  = "dispatch.tell"  // those of the company, or the desk, are told of a step
)

// OfferArgs are those of [KindOffer] and [KindDue].
type OfferArgs struct {
	ID  string `json:"id"`
	Seq int    `json:"seq"`
}

// TellArgs are those of [KindTell].
type TellArgs struct {
	ID     string `json:"id"`
	State  State  `json:"state"`
	Staff  bool   `json:"staff,omitempty"` // the desk is told
	Person string `json:"person,omitempty"`
}

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	// ErrState: that step does not exist from where it stands; somebody was faster.
	ErrState = errors.New("dispatch: no such step from here")
	// ErrRunning: somebody is sent for this already; the id of that visit comes with it.
	ErrRunning = errors.New("dispatch: there is one already")
	// ErrExpired: the link was real, and its time is over.
	ErrExpired = errors.New("dispatch: link has expired")
	// ErrDecision: without a known cause it takes a reason to close.
	ErrDecision = errors.New("dispatch: a cause that is not known needs a decision with its reason")
	ErrTooMany  = errors.New("dispatch: too many files")
)

// Brief is what a vendor is told, and nothing else.
type Brief struct {
	Company  string `json:"company"`
	Contact  string `json:"contact"`
	Phone    string `json:"phone"`
	Postcode string `json:"postcode"`
	Address  string `json:"address"`
	Skill    string `json:"skill"`
	Urgent   bool   `json:"urgent"`
	Seen     string `json:"seen"`   // what was seen
	Device   string `json:"device"` // on which device
	Did      string `json:"did"`    // what the customer already did
	First    string `json:"first"`  // first steps
	Keep     string `json:"keep"`   // what not to destroy
	Lang     string `json:"lang"`   // of the company

	Written string            `json:"written,omitempty"` // language in which the desk wrote it
	Also    map[string]string `json:"also,omitempty"`    // by part, the words of the other language for what nobody typed
}

// Report is what a vendor writes after the work, and the customer signs.
type Report struct {
	Found  string    `json:"found"`
	Did    string    `json:"did"`
	Known  bool      `json:"known"` // the cause
	Cause  string    `json:"cause"`
	Advice string    `json:"advice"`
	Costs  []Cost    `json:"costs"`
	Signer string    `json:"signer"` // as typed
	Drawn  bool      `json:"drawn"`  // there is a signature as a picture
	Signed time.Time `json:"signed"`
}

// Cost is a line of what a visit costs.
type Cost struct {
	What string `json:"what"`
	Yen  int    `json:"yen"` // with tax
}

// Sum of the costs in yen.
func (r *Report) Sum() (yen int) {
	for _, c := range r.Costs {
		yen += c.Yen
	}
	return yen
}

// Dispatch is one visit.
type Dispatch struct {
	TenantID, ID, Number, AlertID, TicketID string
	State                                   State
	Brief                                   Brief
	Round                                   int
	VendorID, VendorName, VendorPhone       string
	Arrival                                 string // as the vendor said it
	Report                                  Report // zero Signed: there is none
	Decision, DecidedBy                     string
	Asked, Due, Moved, Ended                time.Time
	version                                 int64
}

// Offer is one to a vendor.
type Offer struct {
	Seq                               int
	VendorID, VendorName, Email, Lang string
	Answer, Why                       string
	At, Due, Answered                 time.Time
}

// Step is one of a visit.
type Step struct {
	At       time.Time
	State    State
	Who, Why string
}

// Whole is a visit with everything of it.
type Whole struct {
	Dispatch
	Offers []Offer
	Steps  []Step
	Files  []File
}

// Kinds of files of a visit.
const (
	Photo     = "photo"
	Signature = "signature"
	Invoice   = "invoice"
)

// Config says what the service works with.
type Config struct {
	Store    *store.Store
	Patience time.Duration // how long a vendor has for an answer; 0 is [DefaultPatience]
	Clock    clock.Clock   // default: the machine's
}

// Service is the way to vendors and visits. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Patience <= 0 {
		cfg.Patience = DefaultPatience
	}
	return &Service{cfg}
}

// Wish is what the desk asks for.
type Wish struct {
	Once              string // of the form: sending it twice asks once
	AlertID, TicketID string
	Brief             Brief
}

// Tidy brings a briefing into its normal form; each field that does not do is a [FieldError].
func (b *Brief) Tidy() (err error) {
	var faults []error
	for _, f := range []struct {
		name   string
		at     *string
		max    int
		needed bool
		lines  bool
	}{{"company", &b.Company, MaxLine, true, false}, {"contact", &b.Contact, MaxLine, true, false}, {"address", &b.Address, MaxLine, true, false}, {"seen", &b.Seen, MaxText, true, true},
		{"device", &b.Device, MaxLine, false, false}, {"did", &b.Did, MaxText, false, true}, {"first", &b.First, MaxText, true, true}, {"keep", &b.Keep, MaxText, true, true}} {
		read := entry.Line
		if f.lines {
			read = lines
		}
		if *f.at, err = read(*f.at, f.max); err != nil && (f.needed || !errors.Is(err, entry.ErrEmpty)) {
			faults = append(faults, &FieldError{f.name})
		}
	}
	if b.Phone, err = entry.Phone(b.Phone); err != nil {
		faults = append(faults, &FieldError{"phone"})
	}
	if b.Postcode, err = entry.Postcode(b.Postcode); err != nil {
		faults = append(faults, &FieldError{"postcode"})
	}
	return errors.Join(faults...)
}

// lines reads a text of several.
func lines(s string, most int) (string, error) {
	var all []string
	for _, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		l, err := entry.Line(l, most)
		if err != nil && !errors.Is(err, entry.ErrEmpty) {
			return "", err
		}
		all = append(all, l)
	}
	s = strings.TrimSpace(strings.Join(all, "\n"))
	switch n := len([]rune(s)); {
	case n == 0:
		return "", entry.ErrEmpty
	case n > most:
		return "", entry.ErrLong
	}
	return s, nil
}

// Ask sends somebody: the nearest suitable vendor gets an offer. With [ErrRunning] comes the visit that there is already.
func (s *Service) Ask(ctx context.Context, tenantID, who string, w Wish) (id string, err error) {
	if err := w.Brief.Tidy(); err != nil {
		return "", err
	}
	vendors, err := s.Vendors(ctx)
	if err != nil {
		return "", err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	now := s.Clock.Now()
	d := Dispatch{TenantID: tenantID, ID: strings.ToLower(rand.Text()), Number: fmt.Sprintf("%06d", n), AlertID: w.AlertID, TicketID: w.TicketID, State: Nobody, Brief: w.Brief, Asked: now, Moved: now}
	if w.Once == "" {
		w.Once = d.ID
	}
	err = s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		made, err := insert(tx, &d, w.Once)
		if err != nil {
			return err
		}
		if !made {
			if d.ID, err = selectRunning(tx, w.AlertID, w.Once); err != nil {
				return err
			}
			return nil
		}
		if err := tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "visit.ask", Object: d.ID, Why: d.Number}); err != nil {
			return err
		}
		return s.next(tx, &d, vendors, who, "")
	})
	if err == nil && d.version == 0 {
		err = ErrRunning
	}
	return d.ID, err
}

// next asks the nearest vendor who was not asked yet, or says that nobody is left.
func (s *Service) next(tx *store.Tx, d *Dispatch, vendors []Vendor, who, why string) error {
	asked, err := selectOffers(tx, d.ID)
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	d.VendorID, d.VendorName, d.VendorPhone, d.Arrival, d.Due = "", "", "", "", time.Time{}
	v, ok := nearest(vendors, &d.Brief, asked, now)
	if !ok {
		return s.move(tx, d, Nobody, who, why)
	}
	d.Round, d.Due = len(asked)+1, now.Add(s.Patience)
	o := Offer{Seq: d.Round, VendorID: v.ID, VendorName: v.Name, Email: v.Email, Lang: v.Lang, At: now, Due: d.Due}
	args := OfferArgs{d.ID, o.Seq}
	return errors.Join(insertOffer(tx, d.ID, &o), s.move(tx, d, Offered, who, v.Name),
		job.Enqueue(tx, job.Job{Kind: KindOffer, Args: args, Unique: fmt.Sprint(d.ID, " ", o.Seq)}),
		job.Enqueue(tx, job.Job{Kind: KindDue, Args: args, RunAt: d.Due, Unique: fmt.Sprint(d.ID, " ", o.Seq)}))
}

// told are the steps of which the customer hears.
var told = map[State]bool{Accepted: true, Travelling: true, Done: true, FollowUp: true, Closed: true, Cancelled: true}

// move brings a visit a step further, writes it down, and lets those be told whom it concerns.
func (s *Service) move(tx *store.Tx, d *Dispatch, to State, who, why string) error {
	if !d.State.To(to) {
		return ErrState
	}
	again := d.State == to
	d.State, d.Moved = to, s.Clock.Now()
	if err := update(tx, d); err != nil {
		return err
	}
	err := errors.Join(step(tx, d.ID, Step{d.Moved, to, who, why}), tenant.Audit(tx, d.Moved, tenant.Entry{Who: who, Action: "visit." + string(to), Object: d.ID, Why: why}))
	if told[to] && !again {
		err = errors.Join(err, job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: d.ID, State: to}, Unique: fmt.Sprint(d.ID, " ", to)}))
	}
	if to == Nobody || to == Done && !d.Report.Known {
		err = errors.Join(err, job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: d.ID, State: to, Staff: true}, Unique: fmt.Sprint(d.ID, " ", to, " staff")}))
	}
	return err
}

// change runs fn on a visit of a company.
func (s *Service) change(ctx context.Context, tenantID, id string, fn func(tx *store.Tx, d *Dispatch) error) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		d, err := selectOne(tx, id)
		if err != nil {
			return err
		}
		return fn(tx, &d)
	})
}

// HandleDue passes an offer on that nobody answered.
func (s *Service) HandleDue(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args OfferArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: dispatch: %w", job.ErrGiveUp, err)
	}
	vendors, err := s.Vendors(ctx)
	if err != nil {
		return err
	}
	err = s.change(ctx, tenantID, args.ID, func(tx *store.Tx, d *Dispatch) error {
		if d.State != Offered || d.Round != args.Seq {
			return nil
		}
		return errors.Join(answer(tx, d.ID, args.Seq, "", AnswerSilent, "", s.Clock.Now()), s.next(tx, d, vendors, system, AnswerSilent))
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Again asks once more: those who were not asked, or those who are there by now.
func (s *Service) Again(ctx context.Context, tenantID, id, who string) error {
	vendors, err := s.Vendors(ctx)
	if err != nil {
		return err
	}
	return s.change(ctx, tenantID, id, func(tx *store.Tx, d *Dispatch) error {
		if d.State != Nobody {
			return ErrState
		}
		return s.next(tx, d, vendors, who, "")
	})
}

// Cancel calls a visit off before anybody is there.
func (s *Service) Cancel(ctx context.Context, tenantID, id, who, why string) error {
	why, err := entry.Line(why, MaxLine)
	if err != nil {
		return err
	}
	return s.change(ctx, tenantID, id, func(tx *store.Tx, d *Dispatch) error {
		now := s.Clock.Now()
		if d.State == Offered {
			if err := answer(tx, d.ID, d.Round, "", AnswerOver, "", now); err != nil {
				return err
			}
		}
		d.Ended, d.Decision, d.DecidedBy = now, why, who
		return s.move(tx, d, Cancelled, who, why)
	})
}

// Follow writes down what is still to be done until the cause is fixed.
func (s *Service) Follow(ctx context.Context, tenantID, id, who, note string) error {
	note, err := lines(note, MaxText)
	if err != nil {
		return err
	}
	return s.change(ctx, tenantID, id, func(tx *store.Tx, d *Dispatch) error { return s.move(tx, d, FollowUp, who, note) })
}

// Close ends a visit. Where the cause is not known that is a decision: who, and why.
func (s *Service) Close(ctx context.Context, tenantID, id, who, why string) error {
	why, err := lines(why, MaxText)
	if err != nil && !errors.Is(err, entry.ErrEmpty) {
		return err
	}
	return s.change(ctx, tenantID, id, func(tx *store.Tx, d *Dispatch) error {
		if !d.State.To(Closed) {
			return ErrState
		}
		if why == "" && !d.Report.Known {
			return ErrDecision
		}
		d.Decision, d.DecidedBy = why, who
		return s.move(tx, d, Closed, who, why)
	})
}

// Of are a company's visits, the newest first.
func (s *Service) Of(ctx context.Context, tenantID string) (all []Dispatch, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) { all, err = selectAll(tx); return err })
	return all, err
}

// All are those of every company, what runs first; that somebody looked is written down.
func (s *Service) All(ctx context.Context, who, why string) (all []Dispatch, err error) {
	err = s.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) (err error) { all, err = selectEverywhere(tx); return err })
	return all, err
}

// Get is a visit with everything of it.
func (s *Service) Get(ctx context.Context, tenantID, id string) (w Whole, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) { w, err = whole(tx, id); return err })
	return w, err
}

func whole(tx *store.Tx, id string) (w Whole, err error) {
	if w.Dispatch, err = selectOne(tx, id); err != nil {
		return w, err
	}
	var errs [3]error
	w.Offers, errs[0] = selectOffers(tx, id)
	w.Steps, errs[1] = selectSteps(tx, id)
	w.Files, errs[2] = selectFiles(tx, id)
	return w, errors.Join(errs[:]...)
}

// File is one of a visit, with its bytes.
func (s *Service) File(ctx context.Context, tenantID, id, file string) (f attach.File, data []byte, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		all, err := selectFiles(tx, id)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].ID == file {
				f, data, err = attach.Get(tx, file)
				return err
			}
		}
		return store.ErrNotFound
	})
	return f, data, err
}
