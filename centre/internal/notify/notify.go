package notify

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/appeal"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/report"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

//go:embed migrate
var migrations embed.FS

// Schema is the table of deliveries; it follows the tenant's.
func Schema() store.Schema { return store.Sub("notify", migrations) }

// Alerts finds the alert that a job names, and remembers who was told.
type Alerts interface {
	Get(ctx context.Context, tenantID, id string) (alert.Alert, error)
	List(ctx context.Context, tenantID string, f alert.Filter) ([]alert.Alert, error)
	History(ctx context.Context, tenantID, id string) ([]alert.Change, error)
	Told(tx *store.Tx, id, how string) error
}

// Appeals finds the request that a job names; appeal.Service is one.
type Appeals interface {
	Request(ctx context.Context, tenantID, id string) (appeal.Appeal, error)
}

// Reports has the monthly reports; report.Service is one.
type Reports interface {
	Get(ctx context.Context, tenantID, month string) (*report.Figures, error)
}

// Companies says who the people of a company are.
type Companies interface {
	CompanyByID(ctx context.Context, tenantID string) (tenant.Company, error)
	People(ctx context.Context, tenantID string) ([]tenant.Person, error)
}

// Links makes the one-time tokens behind the buttons of a mail.
type Links interface {
	NewActionLink(tx *store.Tx, tenantID, alertID, personID string) (token string, err error)
}

// Sender hands a message to an SMTP server.
type Sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// Config says what the notifier works with.
type Config struct {
	Store      *store.Store
	Alerts     Alerts
	Appeals    Appeals
	Reports    Reports
	Exports    Exports
	Erasures   Erasures
	Misfires   Misfires   // may be nil
	Contracts  Contracts  // may be nil
	Invoices   Invoices   // may be nil
	Surveys    Surveys    // may be nil
	Advisories Advisories // may be nil
	Visits     Visits     // may be nil
	Desk       Desk       // may be nil
	Claims     Claims     // may be nil
	Companies  Companies
	Links      Links
	Logins     Logins
	Sender     Sender
	Knowledge  *knowledge.Knowledge
	// BaseURL of the portal without a slash at the end: "https://portal.example.jp".
	BaseURL string
	// Console is that of the staff's pages.
	Console string
	// Domain of our Message-IDs, normally that of the sender's address.
	Domain string
	// Phone of the desk, as it is read: "050-1234-5678".
	Phone string
	// Hours of the desk in each language ("ja", "en"), as they are read; empty is 24 hours.
	Hours map[string]string
	// Latency, if set, gets the time from the packet to the server's yes.
	Latency func(time.Duration)
	Clock   clock.Clock
	Log     *slog.Logger
}

// Notifier is safe for concurrent use.
type Notifier struct {
	cfg    Config
	mu     sync.Mutex
	inHand map[string]bool // mails that are being sent: alert and person
}

// errInHand: another job about the same alert is sending the mail.
var errInHand = errors.New("notify: the mail is being sent")

// New makes a notifier.
func New(cfg Config) *Notifier {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Notifier{cfg: cfg, inHand: map[string]bool{}}
}

// Handle does one job: it tells everybody who should know about the alert as it
// is now, whatever the cause was. It may run any number of times. An error means: try again.
func (n *Notifier) Handle(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var job alert.NotifyArgs
	if err := json.Unmarshal(raw, &job); err != nil {
		return fmt.Errorf("notify: job: %w", err)
	}
	a, err := n.cfg.Alerts.Get(ctx, tenantID, job.Alert)
	if errors.Is(err, store.ErrNotFound) {
		n.cfg.Log.Warn("alert to notify is gone", "alert", job.Alert)
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: alert %s: %w", job.Alert, err)
	}
	if a.Stars <= alert.Low || a.State == alert.Closed {
		return nil
	}
	if quiet, err := n.silent(ctx, &a); err != nil || quiet {
		return err
	}
	history, err := n.cfg.Alerts.History(ctx, tenantID, a.ID)
	if err != nil {
		return fmt.Errorf("notify: history of %s: %w", a.ID, err)
	}
	open, err := n.cfg.Alerts.List(ctx, tenantID, alert.Filter{NotClosed: true, Stars: alert.High})
	if err != nil {
		return fmt.Errorf("notify: open alerts: %w", err)
	}
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	who := recipients(people, a.Stars)
	if len(who) == 0 {
		n.cfg.Log.Error("nobody to tell about an alert", "tenant", tenantID, "alert", a.ID, "stars", int(a.Stars))
		return nil
	}
	var failed error
	what := news{alert: &a, open: open, company: company, step: worsened(history)}
	for _, p := range who {
		if err := n.tell(ctx, what, p); err != nil {
			failed = errors.Join(failed, fmt.Errorf("notify: alert %s to person %s: %w", a.ID, p.ID, err))
		}
	}
	return failed
}

// recipients chooses who should know.
func recipients(people []tenant.Person, stars alert.Stars) []tenant.Person {
	var who []tenant.Person
	for _, p := range people {
		if p.Mails || stars >= alert.High && p.Role == tenant.RoleOwner {
			who = append(who, p)
		}
	}
	return who
}

// worsened counts how often an alert became worse. It only grows, and each step
// is worth one mail to each person.
func worsened(history []alert.Change) int {
	n := 0
	for _, c := range history {
		if c.What == alert.ChangeWorse {
			n++
		}
	}
	return n
}

// news is what there is to tell.
type news struct {
	alert   *alert.Alert
	open    []alert.Alert // the company's ★★★ that are not closed
	company tenant.Company
	step    int
}

// tell brings one person up to date.
func (n *Notifier) tell(ctx context.Context, x news, p tenant.Person) error {
	done, free := n.take(x.alert.TenantID + " " + x.alert.ID + " " + p.ID)
	if !free {
		return errInHand
	}
	defer done()
	d, token, err := n.begin(ctx, x.alert, p, x.step)
	if err != nil || d == nil {
		return err
	}
	m, err := n.render(x, p, d, token)
	if x.alert.Stars >= alert.High {
		m.Took = func(raw []byte) { d.copy = &Copy{Text: m.Text, Raw: raw} }
	}
	if err == nil {
		err = n.cfg.Sender.Send(ctx, m)
	}
	return n.end(ctx, x.alert, d, m.Subject, err)
}

// take takes a mail into this process's hands, unless it is in them already: an alert that became worse has two jobs, which may
// come at once.
func (n *Notifier) take(key string) (done func(), free bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.inHand[key] {
		return nil, false
	}
	n.inHand[key] = true
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.inHand, key)
	}, true
}

// end writes down how it went. Only trouble that passes is returned.
func (n *Notifier) end(ctx context.Context, a *alert.Alert, d *Delivery, subject string, sent error) error {
	d.Subject = subject
	switch {
	case sent == nil:
		d.State, d.Sent = StateSent, n.cfg.Clock.Now()
		d.Latency = d.Sent.Sub(since(a, d))
		if n.cfg.Latency != nil {
			n.cfg.Latency(d.Latency)
		}
		n.cfg.Log.Info("alert mail accepted", "tenant", a.TenantID, "alert", a.ID, "person", d.PersonID, "packet_to_mail", d.Latency)
	case errors.Is(sent, mail.ErrPermanent), errors.Is(sent, mail.ErrMessage):
		d.State, d.Error = StateBounced, sent.Error()
		n.cfg.Log.Error("alert mail refused", "tenant", a.TenantID, "alert", a.ID, "person", d.PersonID, "error", sent)
		sent = nil
	default:
		d.State, d.Error = StateWaiting, sent.Error()
	}
	// The answer of the server counts even when we are being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return errors.Join(sent, n.record(ctx, a.TenantID, d))
}

// recordTimeout bounds the writing of an answer during shutdown.
const recordTimeout = 10 * time.Second

// since is the moment of the packet that made the mail necessary.
func since(a *alert.Alert, d *Delivery) time.Time {
	if len(d.Thread) == 0 {
		return a.First
	}
	return a.Last
}
