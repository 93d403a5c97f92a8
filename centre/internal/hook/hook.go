package hook

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/knowledge"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/entry"
	"otasuke/internal/outward"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of addresses and deliveries; they point to those of tenant.
func Schema() store.Schema { return store.Sub("hook", migrations) }

// KindSend is the job that sends one message to one address.
const KindSend = "hook.send"

// Kinds of addresses.
const (
	Webhook = "webhook" // JSON, signed
	Slack   = "slack"   // incoming webhook of Slack, or of what speaks as it does
	Teams   = "teams"   // workflow of Teams, as an adaptive card
)

// Kinds in the order in which they are shown.
var Kinds = []string{Webhook, Slack, Teams}

const (
	// maxHooks of a company.
	maxHooks = 5
	// attempts with the queue's back-off are about a day: a chat program is not down for longer.
	attempts = 36
	// keep deliveries for a year.
	keep = 366 * 24 * time.Hour
	// maxShown deliveries.
	maxShown = 20
	maxName  = 60
	maxURL   = 1000
)

// Errors. What does not exist, or is another's, is [store.ErrNotFound].
var (
	// ErrURL: not an address that can be called.
	ErrURL = errors.New("hook: not an https address")
	// ErrTooMany: so many a company has.
	ErrTooMany = errors.New("hook: too many addresses")
	// ErrKind: not one of [Kinds].
	ErrKind = errors.New("hook: unknown kind")
)

// Hook is one address of a company.
type Hook struct {
	ID, Kind, Name, URL, Secret, Lang, By string
	Made                                  time.Time
}

// Host is what can be shown of the address: the rest may be a secret.
func (h *Hook) Host() string {
	u, err := url.Parse(h.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Delivery is one message to one address.
type Delivery struct {
	Hook, Alert   string
	Step          int
	State, Answer string
	Tries         int
	At            time.Time
}

// States of a delivery.
const (
	Waiting = "waiting"
	Sent    = "sent"
	Refused = "refused"
)

// Alerts finds the alert that a job names; alert.Service is one.
type Alerts interface {
	Get(ctx context.Context, tenantID, id string) (alert.Alert, error)
	History(ctx context.Context, tenantID, id string) ([]alert.Change, error)
}

// Config says what the service works with.
type Config struct {
	Store     *store.Store
	Alerts    Alerts
	Knowledge *knowledge.Knowledge
	// BaseURL of the portal, without a slash at the end.
	BaseURL string
	// Private lets addresses lead into private networks, over plain HTTP too: for tests, and for a centre of one's own company.
	Private bool
	Clock   clock.Clock // default: the machine's
	Log     *slog.Logger
}

// Service is the way to addresses. It is safe for concurrent use.
type Service struct {
	Config
	client *http.Client
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: cfg, client: outward.Client(patience, cfg.Private)}
}

// check says whether an address can be called.
func (s *Service) check(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || len(text) > maxURL || u.Scheme != "https" && (u.Scheme != "http" || !s.Private) {
		return ErrURL
	}
	return nil
}

// Add makes an address of a company's and sends a trial to it.
func (s *Service) Add(ctx context.Context, tenantID, who string, h Hook) (Hook, error) {
	var err error
	if h.Name, err = entry.Line(h.Name, maxName); err != nil {
		return h, err
	}
	h.URL = strings.TrimSpace(h.URL)
	if !slices.Contains(Kinds, h.Kind) {
		return h, ErrKind
	}
	if err := s.check(h.URL); err != nil {
		return h, err
	}
	h.ID, h.Secret, h.By, h.Made = strings.ToLower(rand.Text()), rand.Text(), who, s.Clock.Now()
	return h, s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		all, err := selectHooks(tx)
		if err != nil {
			return err
		}
		if len(all) >= maxHooks {
			return ErrTooMany
		}
		return errors.Join(insertHook(tx, &h), tenant.Audit(tx, h.Made, tenant.Entry{Who: who, Action: "hook.add", Object: h.Name, Why: h.Host()}), enqueue(tx, args{Hook: h.ID}))
	})
}

// Remove takes an address away, with what was written down about it.
func (s *Service) Remove(ctx context.Context, tenantID, who, id string) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		h, err := selectHook(tx, id)
		if err != nil {
			return err
		}
		return errors.Join(deleteHook(tx, id), tenant.Audit(tx, s.Clock.Now(), tenant.Entry{Who: who, Action: "hook.remove", Object: h.Name, Why: h.Host()}))
	})
}

// Try sends a trial once more.
func (s *Service) Try(ctx context.Context, tenantID, id string) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if _, err := selectHook(tx, id); err != nil {
			return err
		}
		return errors.Join(forgetTrial(tx, id), enqueue(tx, args{Hook: id}))
	})
}

// Hooks are a company's addresses, and the newest messages to them.
func (s *Service) Hooks(ctx context.Context, tenantID string) (all []Hook, sent []Delivery, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		if all, err = selectHooks(tx); err != nil {
			return err
		}
		sent, err = selectDeliveries(tx)
		return err
	})
	return all, sent, err
}

type args struct {
	Hook  string `json:"hook"`
	Alert string `json:"alert,omitempty"` // "" is a trial
	Step  int    `json:"step,omitempty"`
}

func enqueue(tx *store.Tx, a args) error {
	return job.Enqueue(tx, job.Job{Kind: KindSend, Args: a, Unique: fmt.Sprint(a.Hook, " ", a.Alert, " ", a.Step), Attempts: attempts})
}

// Spread leaves a job for each address of an alert's company, once for each step of the alert; of two or three stars
// only, as mails. It takes the arguments of a job about an alert.
func (s *Service) Spread(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var about alert.NotifyArgs
	if err := json.Unmarshal(raw, &about); err != nil {
		return fmt.Errorf("%w: hook: %w", job.ErrGiveUp, err)
	}
	hooks, _, err := s.Hooks(ctx, tenantID)
	if err != nil || len(hooks) == 0 {
		return err
	}
	a, err := s.Alerts.Get(ctx, tenantID, about.Alert)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || a.Stars <= alert.Low || a.State == alert.Closed {
		return err
	}
	history, err := s.Alerts.History(ctx, tenantID, a.ID)
	if err != nil {
		return err
	}
	step := 0
	for _, c := range history {
		if c.What == alert.ChangeWorse {
			step++
		}
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if err := forget(tx, s.Clock.Now().Add(-keep)); err != nil {
			return err
		}
		for i := range hooks {
			fresh, err := begin(tx, hooks[i].ID, a.ID, step, s.Clock.Now())
			if err != nil {
				return err
			}
			if fresh {
				if err := enqueue(tx, args{hooks[i].ID, a.ID, step}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
