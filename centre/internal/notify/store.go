package notify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

// State is where a delivery stands.
type State string

// States.
const (
	StateSending State = "sending" // the server is being spoken to, or we died doing so
	StateWaiting State = "waiting" // not accepted for now; the job comes again
	StateSent    State = "sent"    // the server took responsibility
	StateBounced State = "bounced" // refused for good
	StateUnsure  State = "unsure"  // we died twice while sending: perhaps it arrived
)

// Delivery is one mail to one person.
type Delivery struct {
	AlertID, PersonID string
	Step              int    // how often the alert had become worse when it was written
	Email             string // as it was at that time
	MessageID         string
	Subject           string
	State             State
	Tries             int
	Deaths            int // how often a process died while sending it
	Created, Tried    time.Time
	Sent              time.Time     // zero until accepted
	Latency           time.Duration // from the packet to the server's yes
	Error             string
	// Thread has the Message-IDs of earlier mails about the alert, oldest first.
	Thread []string

	copy *Copy // of what the server took, to be kept with it
}

// maxDeaths is how often a mail may be sent again after a process died while
// sending it: a lost ★★★ is worse than a mail that is shown once anyway.
const maxDeaths = 1

// othersTime is how long a mail is left to another process that began it and may live: servers answer sooner, and the jobs of a
// process that died come again after as long.
const othersTime = time.Minute

// maxError bounds what is kept of a server's answer.
const maxError = 500

// begin decides whether a person must be told, and if so writes down that a mail
// is being sent and makes the token of its buttons. It returns nil when there is
// nothing to send.
func (n *Notifier) begin(ctx context.Context, a *alert.Alert, p tenant.Person, step int) (d *Delivery, token string, err error) {
	err = n.cfg.Store.Write(ctx, a.TenantID, func(tx *store.Tx) error {
		before, err := selectDeliveries(tx, a.ID, p.ID)
		if err != nil {
			return err
		}
		now := n.cfg.Clock.Now()
		if last := len(before) - 1; last >= 0 && n.cfg.Store.Engine() == store.Postgres {
			if age := now.Sub(before[last].Tried); before[last].State == StateSending && age >= 0 && age < othersTime {
				return errInHand
			}
		}
		d = next(before, a, p, step, n.cfg.Domain)
		if d == nil {
			return nil
		}
		d.Tried = now
		if d.Created.IsZero() {
			d.Created = now
		}
		if err := upsert(tx, d); err != nil || d.State == StateUnsure {
			return err
		}
		token, err = n.cfg.Links.NewActionLink(tx, a.TenantID, a.ID, p.ID)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("notify: %w", err)
	}
	if d != nil && d.State == StateUnsure {
		n.cfg.Log.Error("gave up on an alert mail that may have been sent", "tenant", a.TenantID, "alert", a.ID, "person", p.ID)
		return nil, "", nil
	}
	return d, token, nil
}

// next is the delivery to make after those before (first step first), or nil.
func next(before []Delivery, a *alert.Alert, p tenant.Person, step int, domain string) *Delivery {
	var thread []string
	for _, d := range before {
		switch {
		case d.Step < step:
			thread = append(thread, d.MessageID)
			continue
		case d.Step > step || d.State == StateSent || d.State == StateBounced || d.State == StateUnsure:
			return nil
		}
		// The same mail again: the job failed, or the process died.
		if d.State == StateSending {
			d.Deaths++
		}
		d.Tries++
		d.State, d.Thread = StateSending, thread
		if d.Deaths > maxDeaths {
			d.State = StateUnsure
		}
		return &d
	}
	return &Delivery{
		AlertID: a.ID, PersonID: p.ID, Step: step, Email: p.Email, State: StateSending, Tries: 1,
		MessageID: fmt.Sprintf("%s.%s.%d@%s", a.ID, p.ID, step, domain), Thread: thread,
	}
}

func (n *Notifier) record(ctx context.Context, tenantID string, d *Delivery) error {
	if len(d.Error) > maxError {
		d.Error = strings.ToValidUTF8(d.Error[:maxError], "")
	}
	return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		if err := upsert(tx, d); err != nil || d.State != StateSent {
			return err
		}
		if err := keep(tx, d); err != nil {
			return err
		}
		return n.cfg.Alerts.Told(tx, d.AlertID, "mail "+d.PersonID)
	})
}

// Deliveries lists the mails about an alert, oldest first.
func (n *Notifier) Deliveries(ctx context.Context, tenantID, alertID string) (all []Delivery, err error) {
	err = n.cfg.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = store.Collect[Delivery](tx.Query(`SELECT `+columns+` WHERE tenant_id = $1 AND alert_id = $2 ORDER BY created_at, person_id`, alertID))(scan)
		return err
	})
	return all, err
}

func selectDeliveries(tx *store.Tx, alertID, personID string) ([]Delivery, error) {
	return store.Collect[Delivery](tx.Query(`SELECT `+columns+` WHERE tenant_id = $1 AND alert_id = $2 AND person_id = $3 ORDER BY step`, alertID, personID))(scan)
}

const columns = `alert_id, person_id, step, email, message_id, subject, state, tries, deaths, created_at, tried_at, sent_at, latency, error FROM delivery`

func scan(scan func(...any) error) (d Delivery, err error) {
	var created, tried, sent, latency int64
	err = scan(&d.AlertID, &d.PersonID, &d.Step, &d.Email, &d.MessageID, &d.Subject, &d.State, &d.Tries, &d.Deaths, &created, &tried, &sent, &latency, &d.Error)
	d.Created, d.Tried, d.Latency = store.Time(created), store.Time(tried), time.Duration(latency)*time.Microsecond
	if sent != 0 {
		d.Sent = store.Time(sent)
	}
	return d, err
}

func upsert(tx *store.Tx, d *Delivery) error {
	var sent int64
	if !d.Sent.IsZero() {
		sent = store.Micros(d.Sent)
	}
	_, err := tx.Exec(`INSERT INTO delivery (tenant_id, alert_id, person_id, step, email, message_id, subject, state, tries, deaths, created_at, tried_at, sent_at, latency, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (tenant_id, alert_id, person_id, step) DO UPDATE SET subject = excluded.subject, state = excluded.state, tries = excluded.tries, deaths = excluded.deaths,
			tried_at = excluded.tried_at, sent_at = excluded.sent_at, latency = excluded.latency, error = excluded.error`,
		d.AlertID, d.PersonID, d.Step, d.Email, d.MessageID, d.Subject, string(d.State), d.Tries, d.Deaths,
		store.Micros(d.Created), store.Micros(d.Tried), sent, d.Latency.Microseconds(), d.Error)
	return err
}

// Days in Japan begin nine hours before those of UTC; both in microseconds, as times are kept.
const (
	dayMicros  = int64(24 * time.Hour / time.Microsecond)
	zoneMicros = int64(9 * time.Hour / time.Microsecond)
)

func sentByDay(tx *store.AllTx, from, to time.Time) (map[string]int, error) {
	days := map[string]int{}
	_, err := store.Collect[struct{}](tx.Query(`SELECT q.day, count(*) FROM (SELECT (sent_at + $3) / $4 AS day FROM delivery WHERE state = $5 AND sent_at >= $1 AND sent_at < $2) q GROUP BY q.day`,
		store.Micros(from), store.Micros(to), zoneMicros, dayMicros, string(StateSent)))(func(scan func(...any) error) (none struct{}, err error) {
		var day int64
		var n int
		if err = scan(&day, &n); err == nil {
			days[time.Unix(day*24*60*60, 0).UTC().Format(time.DateOnly)] = n
		}
		return none, err
	})
	return days, err
}
