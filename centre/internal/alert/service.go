package alert

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this domain; they point to those of tenant.
func Schema() store.Schema { return store.Sub("alert", migrations) }

// caseKind is where the store's directory keeps case numbers.
const caseKind = "case"

// system is who did what no person did.
const system = "system"

// Errors.
var (
	// ErrNotFound: no such alert of this company. It is [store.ErrNotFound].
	ErrNotFound = store.ErrNotFound
	// ErrClosed: a closed alert cannot be answered or closed again.
	ErrClosed = errors.New("alert: already closed")
	// ErrInvalid: the answer is unknown, the reason is missing or a text is too long.
	ErrInvalid = errors.New("alert: invalid input")
)

// maxText bounds notes and reasons, in characters.
const maxText = 2000

// Default waits before the first mail, so that a burst becomes one mail.
const (
	defaultWaitHigh   = 2 * time.Second
	defaultWaitMedium = time.Minute
)

// Lists are at most this long.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// Config says what the service works with.
type Config struct {
	Store      *store.Store
	Classifier Classifier
	// Clock tells the time. Default: the machine's.
	Clock clock.Clock
	// WaitHigh and WaitMedium are how long ★★★ and ★★☆ gather events before
	// somebody is told. Default 2 s and 1 min.
	WaitHigh, WaitMedium time.Duration
	// CalmNewBox is how long ★★☆ of a new box waits. Zero: no longer than others.
	CalmNewBox time.Duration
}

// Service is the way to alerts. It is safe for concurrent use.
type Service struct{ cfg Config }

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	cfg.WaitHigh = cmp.Or(cfg.WaitHigh, defaultWaitHigh)
	cfg.WaitMedium = cmp.Or(cfg.WaitMedium, defaultWaitMedium)
	return &Service{cfg: cfg}
}

// Filter chooses alerts; the zero Filter is the newest of all.
type Filter struct {
	State     State     // "" is any
	NotClosed bool      // open and acknowledged ones
	Stars     Stars     // this many at least; 0 is any
	DeviceID  string    // "" is any
	Limit     int       // default 50, at most 500
	Before    time.Time // only those whose last event is earlier; zero is no bound
}

func (f *Filter) limit() int {
	if f.Limit <= 0 {
		return defaultLimit
	}
	return min(f.Limit, maxLimit)
}

// List gives a company's alerts without evidence, the one with the newest event
// first.
func (s *Service) List(ctx context.Context, tenantID string, f Filter) (all []Alert, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectList(tx, f)
		return err
	})
	return all, err
}

// Get is one alert of a company with its evidence.
func (s *Service) Get(ctx context.Context, tenantID, id string) (a Alert, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		a, err = s.GetTx(tx, id)
		return err
	})
	return a, err
}

// GetTx is [Service.Get] inside a transaction.
func (s *Service) GetTx(tx *store.Tx, id string) (Alert, error) {
	o, err := selectOne(tx, id)
	if err != nil {
		return Alert{}, err
	}
	return *o.Alert, nil
}

// ByCase finds the alert of a case number that a caller reads out, in whatever
// company; who of the staff asks, and why, is written down. Spaces and hyphens
// in the number do not matter. Closed alerts have given their number back.
func (s *Service) ByCase(ctx context.Context, who, why, number string) (a Alert, err error) {
	number = strings.NewReplacer(" ", "", "-", "", "　", "").Replace(number)
	owner, err := s.cfg.Store.Owner(ctx, caseKind, number)
	if err != nil {
		return a, err
	}
	err = s.cfg.Store.AsOperator(ctx, who, why, func(*store.AllTx) error { return nil })
	if err != nil {
		return a, err
	}
	err = s.cfg.Store.Read(ctx, owner, func(tx *store.Tx) error {
		o, err := selectCase(tx, number)
		if err == nil {
			a = *o.Alert
		}
		return err
	})
	return a, err
}

// Answer records what the customer says about an alert. who is a person's id.
// A later answer replaces the earlier one; both stay in the history.
func (s *Service) Answer(ctx context.Context, tenantID, id, who string, answer Answer, note string) error {
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return s.AnswerTx(tx, id, who, answer, note) })
}

// AnswerTx is [Service.Answer] inside a transaction, for the buttons of a mail.
func (s *Service) AnswerTx(tx *store.Tx, id, who string, answer Answer, note string) error {
	if answer != AnswerDone && answer != AnswerExpected && answer != AnswerCall {
		return fmt.Errorf("%w: unknown answer %q", ErrInvalid, answer)
	}
	return s.change(tx, id, who, ChangeAnswered, strings.TrimSpace(string(answer)+" "+note), func(o *open, now time.Time) {
		o.State, o.Answer, o.Answered = Acknowledged, answer, now
	})
}

// Close ends an alert; the reason is needed and is shown to the customer.
func (s *Service) Close(ctx context.Context, tenantID, id, who, reason string) error {
	return s.CloseAs(ctx, tenantID, id, who, OutcomeUnsaid, reason)
}

// CloseAs is [Service.Close] that says what the alert turned out to be.
func (s *Service) CloseAs(ctx context.Context, tenantID, id, who string, was Outcome, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return fmt.Errorf("%w: no reason", ErrInvalid)
	}
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return s.CloseTx(tx, id, who, was, reason) })
}

// CloseTx is [Service.CloseAs] in the caller's transaction.
func (s *Service) CloseTx(tx *store.Tx, id, who string, was Outcome, reason string) error {
	return s.change(tx, id, who, ChangeClosed, reason, func(o *open, now time.Time) {
		o.State, o.Outcome, o.Reason, o.Closed = Closed, was, reason, now
	})
}

// change does what Answer and Close have in common.
func (s *Service) change(tx *store.Tx, id, who string, what What, note string, do func(*open, time.Time)) error {
	if who == "" || utf8.RuneCountInString(note) > maxText || !utf8.ValidString(note) {
		return fmt.Errorf("%w: who is missing or text is too long", ErrInvalid)
	}
	o, err := selectOne(tx, id)
	if err != nil {
		return err
	}
	if o.State == Closed {
		return ErrClosed
	}
	now := s.cfg.Clock.Now()
	do(o, now)
	if o.State == Closed {
		if err := tx.Unpoint(caseKind, o.Case); err != nil {
			return err
		}
	}
	if err := write(tx, o); err != nil {
		return err
	}
	if err := insertChange(tx, id, Change{At: now, Who: who, What: what, Note: note}); err != nil {
		return err
	}
	return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "alert." + string(what), Object: id})
}

// What says what changed.
type What string

// Changes of an alert.
const (
	ChangeOpened   What = "opened"   // Note: the family
	ChangeWorse    What = "worse"    // more stars, or no longer all stopped, or again after "done"; Note: the family
	ChangeAnswered What = "answered" // Note: the answer and the person's words
	ChangeClosed   What = "closed"   // Note: the reason
	ChangeTold     What = "told"     // somebody was told; Note: how
	ChangeRestored What = "restored" // the box inspects, or is heard of, again
)

// Change is one line of an alert's history.
type Change struct {
	At   time.Time
	Who  string // a person's id or "system"
	What What
	Note string
}

// History lists the changes of an alert, oldest first.
func (s *Service) History(ctx context.Context, tenantID, id string) (all []Change, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		if _, err := selectOne(tx, id); err != nil {
			return err
		}
		all, err = selectChanges(tx, id)
		return err
	})
	return all, err
}

// Told notes in the history that somebody was told, for the notifier: how is for
// example "mail" and the person's id.
func (s *Service) Told(tx *store.Tx, id, how string) error {
	if _, err := selectOne(tx, id); err != nil {
		return err
	}
	return insertChange(tx, id, Change{At: s.cfg.Clock.Now(), Who: system, What: ChangeTold, Note: how})
}

// QueueItem is one alert in the desk's queue.
type QueueItem struct {
	Company  string // name
	Alert    Alert
	Deadline time.Time // when it should have been acted on
	Version  int       // of the alert, for a [Pick]
	Taker    string    // of the staff who works on it; "" for nobody
}

// Queue lists alerts of all companies that wait for somebody: who asks to be
// called first, then by stars, then by deadline. Without a state in the filter
// closed ones are left out. who of the staff looks, and why, is written down.
func (s *Service) Queue(ctx context.Context, who, why string, f Filter) (items []QueueItem, err error) {
	f.NotClosed = f.NotClosed || f.State == ""
	err = s.cfg.Store.AsOperator(ctx, who, why, func(tx *store.AllTx) error {
		names, err := tenant.Names(tx)
		if err != nil {
			return err
		}
		all, err := selectAll(tx, f)
		for _, a := range all {
			items = append(items, QueueItem{Company: names[a.TenantID], Alert: a.Alert, Deadline: s.cfg.Classifier.Due(a.Family, a.Known()), Version: a.Version, Taker: a.Taker})
		}
		return err
	})
	slices.SortStableFunc(items, func(a, b QueueItem) int {
		return cmp.Or(a.Alert.asked()-b.Alert.asked(), int(b.Alert.Stars-a.Alert.Stars), a.Deadline.Compare(b.Deadline))
	})
	return items, err
}

// Day counts the events of one day.
type Day struct {
	Date                      time.Time // midnight in Japan
	Inbound, InboundBlocked   int
	Outbound, OutboundBlocked int // opened by an inside device
}

// Counts is what a company's boxes saw over some days.
type Counts struct {
	Inbound, InboundBlocked   int
	Outbound, OutboundBlocked int
	// Alerts counts those that began in the span by stars; index 0 is unused.
	Alerts [High + 1]int
	// Days has one entry for each day of the span, also the quiet ones.
	Days []Day
}

// Counts adds up the days in Japan from that of from to that of to, both
// included, a year at most.
func (s *Service) Counts(ctx context.Context, tenantID string, from, to time.Time) (c Counts, err error) {
	err = s.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		if c.Days, err = selectDays(tx, from, to); err != nil {
			return err
		}
		for _, d := range c.Days {
			c.Inbound += d.Inbound
			c.InboundBlocked += d.InboundBlocked
			c.Outbound += d.Outbound
			c.OutboundBlocked += d.OutboundBlocked
		}
		return countAlerts(tx, from, to, &c)
	})
	return c, err
}

// Totals counts the events of each company over days in Japan, both included, inside an
// operator's reading.
func Totals(tx *store.AllTx, from, to time.Time) (map[string]int, error) {
	totals := map[string]int{}
	_, err := store.Collect[struct{}](tx.Query(`SELECT tenant_id, CAST(sum(events) AS BIGINT) FROM alert_day WHERE day >= $1 AND day <= $2 GROUP BY tenant_id`,
		dayOf(from), dayOf(to)))(func(scan scanner) (none struct{}, err error) {
		var id string
		var n int
		err = scan(&id, &n)
		totals[id] = n
		return none, err
	})
	return totals, err
}
