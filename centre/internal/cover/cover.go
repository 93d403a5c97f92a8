package cover

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/cover"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

//go:embed migrate
var migrations embed.FS

// Schema is the table of claims; it points to those of tenant.
func Schema() store.Schema { return store.Sub("cover", migrations) }

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	ErrState  = errors.New("cover: no such step from here")
	ErrUsed   = errors.New("cover: the cover of this year is used, or the visit is claimed already")
	ErrUnfit  = errors.New("cover: this visit cannot be claimed")
	ErrFields = errors.New("cover: who decided, when and how much are needed")
)

const (
	maxList = 500
	maxText = 1000
)

// KindTell is the job that mails the insurer's people.
const KindTell = "cover.tell"

// TellArgs are those of [KindTell]: without a person it leaves a job for each of them.
type TellArgs struct {
	ID string `json:"id"`
	// Decided: the company's owners hear what the insurer decided; without it the insurer's people hear that a claim waits.
	Decided bool   `json:"decided,omitempty"`
	Person  string `json:"person,omitempty"`
}

// State of a claim.
type State string

// States.
const (
	Prepared  State = "prepared"
	Sent      State = "sent" // to the insurer
	Paid      State = "paid"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
)

// States are all.
var States = []State{Prepared, Sent, Paid, Refused, Withdrawn}

// Claim is one.
type Claim struct {
	TenantID, ID, VisitID, AlertID string
	Terms                          string
	Year                           string // first day of the policy year, 2026-10-05
	Slot                           int    // which use of that year
	State                          State
	Cost, Asked, Decided           int // yen
	By, On, Why, Letter, Who       string
	Made, Moved                    time.Time
	Sent                           time.Time // to the insurer; zero before
}

// Mail is one about an alert that the server took.
type Mail struct {
	At                        time.Time
	Email, Subject, MessageID string
	// Text and Raw are the mail itself, its SHA-256 is Sum; empty where it was not kept.
	Text, Sum string
	Raw       []byte
}

// Answer to a question of eligibility.
type Answer string

// Answers.
const (
	Yes  Answer = "yes"
	No   Answer = "no"
	Open Answer = "open" // to be decided
)

// Reason is one line of why: its key has words for each answer.
type Reason struct {
	Key    string
	Answer Answer
}

// Keys of reasons.
const (
	ByContract = "contract" // there was a contract when somebody was sent
	ByStars    = "stars"    // the alert was as important as the terms ask
	ByMail     = "mail"     // it was mailed so, before somebody was sent
	ByTime     = "time"     // somebody was sent soon enough after that mail
	ByReport   = "report"   // there is a signed report with costs
	ByUse      = "use"      // the year's cover is not used
	ByInsurer  = "insurer"  // an insurer stands behind the terms
)

// Keys are all reasons, in the order in which they are said.
var Keys = []string{ByContract, ByStars, ByMail, ByTime, ByReport, ByUse, ByInsurer}

// Status is what the cover of a company is on a day.
type Status struct {
	Terms       *content.Version
	From, Until time.Time // of the policy year; Until is the midnight with which it ends
	Left        int       // uses
	Claims      []Claim   // of all years, the newest first
}

// Yen that are left this year.
func (s *Status) Yen() int { return min(s.Left, 1) * s.Terms.Yen }

// Alerts is alert.Service.
type Alerts interface {
	Get(ctx context.Context, tenantID, id string) (alert.Alert, error)
}

// Visits is dispatch.Service.
type Visits interface {
	Get(ctx context.Context, tenantID, id string) (dispatch.Whole, error)
}

// Contracts is contract.Service.
type Contracts interface {
	Contracts(ctx context.Context, tenantID string) ([]contract.Contract, error)
}

// Config says what the service works with.
type Config struct {
	Store     *store.Store
	Contracts Contracts
	Alerts    Alerts
	Visits    Visits
	// Mails about an alert that were sent.
	Mails func(ctx context.Context, tenantID, alertID string) ([]Mail, error)
	Book  content.Book
	Clock clock.Clock // default: the machine's
}

// Service is the way to the cover. It is safe for concurrent use.
type Service struct{ Config }

// New makes the service. Its table must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{cfg}
}

// YearOf is the policy year of a time, of a contract that began at start; false before that.
func YearOf(start, at time.Time) (from, until time.Time, ok bool) {
	first := ja.Midnight(start)
	if at.Before(first) {
		return from, until, false
	}
	n := at.In(ja.Zone).Year() - first.Year()
	if first.AddDate(n, 0, 0).After(at) {
		n--
	}
	return first.AddDate(n, 0, 0), first.AddDate(n+1, 0, 0), true
}

func start(c *contract.Contract) time.Time {
	if c.Installed.IsZero() {
		return c.Signed
	}
	return c.Installed
}

// contractAt is the one that was in force at a time.
func (s *Service) contractAt(ctx context.Context, tenantID string, at time.Time) (contract.Contract, bool, error) {
	all, err := s.Contracts.Contracts(ctx, tenantID)
	for i := range all {
		if c := &all[i]; !start(c).After(at) && (c.Ends.IsZero() || at.Before(c.Ends)) {
			return *c, true, err
		}
	}
	return contract.Contract{}, false, err
}

// Status of a company's cover at a time; [store.ErrNotFound] without a contract then.
func (s *Service) Status(ctx context.Context, tenantID string, at time.Time) (st Status, err error) {
	c, ok, err := s.contractAt(ctx, tenantID, at)
	if err != nil {
		return st, err
	}
	if !ok {
		return st, store.ErrNotFound
	}
	st.Terms = s.Book.On(c.Signed)
	st.From, st.Until, _ = YearOf(start(&c), at)
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) { st.Claims, err = selectClaims(tx); return err })
	st.Left = st.Terms.Times - len(taken(st.Claims, day(st.From)))
	return st, err
}

func day(t time.Time) string { return t.In(ja.Zone).Format(time.DateOnly) }

// taken are the uses of a year.
func taken(all []Claim, year string) map[int]bool {
	used := map[int]bool{}
	for i := range all {
		if c := &all[i]; c.Year == year && c.State != Refused && c.State != Withdrawn {
			used[c.Slot] = true
		}
	}
	return used
}

// Eligible says whether a visit can be claimed, with each reason. A visit that is claimed already says so by "use".
func (s *Service) Eligible(ctx context.Context, tenantID, visitID string) (w dispatch.Whole, st Status, why []Reason, all Answer, err error) {
	if w, err = s.Visits.Get(ctx, tenantID, visitID); err != nil {
		return w, st, nil, No, err
	}
	say := func(key string, yes bool) {
		a := No
		if yes {
			a = Yes
		}
		why = append(why, Reason{key, a})
	}
	if st, err = s.Status(ctx, tenantID, w.Asked); errors.Is(err, store.ErrNotFound) {
		return w, st, []Reason{{ByContract, No}}, No, nil
	} else if err != nil {
		return w, st, nil, No, err
	}
	say(ByContract, true)
	var a alert.Alert
	var mailed time.Time
	if w.AlertID != "" {
		if a, err = s.Alerts.Get(ctx, tenantID, w.AlertID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return w, st, nil, No, err
		}
		mails, err := s.Mails(ctx, tenantID, w.AlertID)
		if err != nil {
			return w, st, nil, No, err
		}
		for _, m := range mails {
			if strings.Contains(m.Subject, strings.Repeat("★", st.Terms.Stars)) && !m.At.After(w.Asked) && (mailed.IsZero() || m.At.Before(mailed)) {
				mailed = m.At
			}
		}
	}
	say(ByStars, int(a.Stars) >= st.Terms.Stars)
	say(ByMail, !mailed.IsZero())
	if !mailed.IsZero() {
		say(ByTime, w.Asked.Sub(mailed) <= time.Duration(st.Terms.WithinDays)*24*time.Hour)
	}
	switch {
	case w.Report.Signed.IsZero() && !w.State.Over():
		why = append(why, Reason{ByReport, Open})
	default:
		say(ByReport, !w.Report.Signed.IsZero() && w.Report.Sum() > 0)
	}
	say(ByUse, st.Left > 0)
	if st.Terms.Insurer == "" {
		why = append(why, Reason{ByInsurer, Open})
	} else {
		say(ByInsurer, true)
	}
	all = Yes
	for _, r := range why {
		if r.Answer == No || r.Answer == Open && all == Yes {
			all = r.Answer
		}
		if all == No {
			break
		}
	}
	return w, st, why, all, nil
}

// Claim takes a use of the year for a visit that is done. Of two at once one gets [ErrUsed].
func (s *Service) Claim(ctx context.Context, tenantID, visitID, who string) (id string, err error) {
	w, st, _, can, err := s.Eligible(ctx, tenantID, visitID)
	if err != nil {
		return "", err
	}
	if st.Terms != nil && st.Left <= 0 {
		return "", ErrUsed
	}
	if can == No || w.Report.Signed.IsZero() {
		return "", ErrUnfit
	}
	now := s.Clock.Now()
	c := Claim{ID: strings.ToLower(rand.Text()), VisitID: visitID, AlertID: w.AlertID, Terms: st.Terms.ID, Year: day(st.From), State: Prepared, Cost: w.Report.Sum(), Asked: min(w.Report.Sum(), st.Terms.Yen), Who: who, Made: now}
	err = s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := selectClaims(tx)
		if err != nil {
			return err
		}
		used := taken(all, c.Year)
		for c.Slot = 1; used[c.Slot]; c.Slot++ {
		}
		if c.Slot > st.Terms.Times {
			return ErrUsed
		}
		made, err := insert(tx, &c)
		if err == nil && !made {
			err = ErrUsed
		}
		if err != nil {
			return err
		}
		// The mail goes to the insurer as it was sent: its buttons must not answer in somebody's name any more.
		if err := voidLinks(tx, w.AlertID); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "cover.claim", Object: c.ID, Why: w.Number})
	})
	return c.ID, err
}

// Get is a claim.
func (s *Service) Get(ctx context.Context, tenantID, id string) (c Claim, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) { c, err = selectClaim(tx, id); return err })
	return c, err
}

// All are those of every company, open ones first; that somebody looked is written down.
func (s *Service) All(ctx context.Context, who, why string) (all []Claim, err error) {
	err = s.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) (err error) { all, err = selectAll(tx); return err })
	return all, err
}

func (s *Service) change(ctx context.Context, tenantID, id, who string, from []State, to State, fn func(tx *store.Tx, c *Claim) error) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		c, err := selectClaim(tx, id)
		if err != nil {
			return err
		}
		before, fits := c.State, false
		for _, one := range from {
			fits = fits || one == before
		}
		if !fits {
			return ErrState
		}
		c.State, c.Who, c.Moved = to, who, s.Clock.Now()
		if err := fn(tx, &c); err != nil {
			return err
		}
		return errors.Join(update(tx, &c, before), tenant.Audit(tx, c.Moved, tenant.Entry{Who: who, Action: "cover." + string(to), Object: c.ID, Why: c.Why}))
	})
}

// Send hands a claim to the insurer, whose people see it from then on and get a mail.
func (s *Service) Send(ctx context.Context, tenantID, id, who string) error {
	return s.change(ctx, tenantID, id, who, []State{Prepared}, Sent, func(tx *store.Tx, c *Claim) error {
		c.Sent = c.Moved
		return job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: c.ID}, Unique: c.ID})
	})
}

// GetSent is a claim that was sent to the insurer, whichever it is; any other does not exist for its people: [store.ErrNotFound].
func (s *Service) GetSent(ctx context.Context, tenantID, id string) (Claim, error) {
	c, err := s.Get(ctx, tenantID, id)
	if err == nil && c.Sent.IsZero() {
		return Claim{}, store.ErrNotFound
	}
	return c, err
}

// AllSent are those that were sent to the insurer of one of its people, undecided ones first; that somebody looked is written down.
func (s *Service) AllSent(ctx context.Context, who, why string) (all []Claim, err error) {
	of, err := s.InsurersOf(ctx)
	if err != nil {
		return nil, err
	}
	several := len(s.Insurers()) > 1
	err = s.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) (err error) { all, err = selectSent(tx); return err })
	return slices.DeleteFunc(all, func(c Claim) bool {
		name := s.insurer(&c)
		return several && (name == "" || of[who] != name)
	}), err
}

// Withdraw gives the use of the year back.
func (s *Service) Withdraw(ctx context.Context, tenantID, id, who, why string) error {
	why, err := entry.Line(why, maxText)
	if err != nil {
		return ErrFields
	}
	return s.change(ctx, tenantID, id, who, []State{Prepared, Sent}, Withdrawn, func(_ *store.Tx, c *Claim) error { c.Why = why; return nil })
}

// Decision is the insurer's.
type Decision struct {
	Paid   bool
	Yen    int
	By, On string // who at the insurer, and the day of the letter
	Why    string
	Letter *attach.Upload // nil for none
}

// Decide writes down what the insurer decided. More than was asked for is [ErrFields].
func (s *Service) Decide(ctx context.Context, tenantID, id, who string, d Decision) (err error) {
	if d.By, err = entry.Line(d.By, maxText); err != nil {
		return ErrFields
	}
	if d.Why, err = entry.Line(d.Why, maxText); err != nil && (!d.Paid || !errors.Is(err, entry.ErrEmpty)) {
		return ErrFields // a refusal has its reason
	}
	if on, err := time.ParseInLocation(time.DateOnly, d.On, ja.Zone); err != nil || on.After(s.Clock.Now()) {
		return ErrFields
	}
	to := Refused
	if d.Paid {
		to = Paid
	}
	return s.change(ctx, tenantID, id, who, []State{Sent}, to, func(tx *store.Tx, c *Claim) error {
		if d.Paid && (d.Yen <= 0 || d.Yen > c.Asked) || !d.Paid && d.Yen != 0 {
			return ErrFields
		}
		c.Decided, c.By, c.On, c.Why = d.Yen, d.By, d.On, d.Why
		told := job.Enqueue(tx, job.Job{Kind: KindTell, Args: TellArgs{ID: c.ID, Decided: true}, Unique: c.ID + " decided"})
		if d.Letter == nil {
			return told
		}
		c.Letter = d.Letter.ID
		return errors.Join(told, attach.Put(tx, d.Letter, who, c.Moved))
	})
}

// LetterOf is the insurer's letter.
func (s *Service) LetterOf(ctx context.Context, tenantID, id string) (f attach.File, data []byte, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		c, err := selectClaim(tx, id)
		if err != nil {
			return err
		}
		f, data, err = attach.Get(tx, c.Letter)
		return err
	})
	return f, data, err
}
