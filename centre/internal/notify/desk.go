package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tickets "otasuke/centre/internal/desk"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Desk finds what a job is about, and keeps that it was told; desk.Service is one.
type Desk interface {
	News(ctx context.Context, tenantID, id string) (tickets.Ticket, []tickets.Message, error)
	Rang(tx *store.Tx, id string, at time.Time) error
}

// deskKey and channelKey are the keys of the words of a mail about a ticket.
const deskKey, channelKey = "desk.ring_", "desk.channel_"

// HandleDesk tells the staff of what somebody said to the desk, or one of them of a ticket that was given to them. The first job finds
// out who is told and leaves one for each. What was answered in the meantime is told to nobody.
func (n *Notifier) HandleDesk(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args tickets.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	t, news, err := n.cfg.Desk.News(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: ticket %s: %w", args.ID, err)
	}
	if t.MovedTo != "" || t.State == tickets.Closed || args.Given == "" && t.State != tickets.Fresh {
		return nil
	}
	people, err := n.cfg.Companies.People(ctx, tenant.House)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person == "" {
		now := n.cfg.Clock.Now()
		who := ringFor(people, &t, news)
		if len(who) == 0 {
			return nil
		}
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range who {
				one := tickets.TellArgs{ID: t.ID, Person: p.ID, At: now.UnixMicro()}
				if err := job.Enqueue(tx, job.Job{Kind: tickets.KindTell, Args: one, Unique: fmt.Sprint(t.ID, " ", p.ID, " ", one.At)}); err != nil {
					return err
				}
			}
			return n.cfg.Desk.Rang(tx, t.ID, now)
		})
	}
	for i := range people {
		if p := &people[i]; p.ID == args.Person {
			return n.ringDesk(ctx, &t, args, p)
		}
	}
	return nil // who has left need not know
}

// ringFor are who is told: who has the ticket, or all who work at the desk; nobody of what they wrote down themselves.
func ringFor(people []tenant.Person, t *tickets.Ticket, news []tickets.Message) (who []tenant.Person) {
	all := workers(people)
	if i := slices.IndexFunc(all, func(p tenant.Person) bool { return p.ID == t.Assignee }); i >= 0 {
		all = all[i : i+1]
	}
	for _, p := range all {
		if slices.ContainsFunc(news, func(m tickets.Message) bool { return m.Who != p.ID }) {
			who = append(who, p)
		}
	}
	return who
}

func (n *Notifier) ringDesk(ctx context.Context, t *tickets.Ticket, args tickets.TellArgs, p *tenant.Person) error {
	texts := n.cfg.Knowledge.Texts(string(p.Lang))
	owner := cmp.Or(t.Company, t.Email, t.Phone, texts.T("desk.new_one"))
	if t.TenantID != tenant.House {
		company, err := n.cfg.Companies.CompanyByID(ctx, t.TenantID)
		if err != nil {
			return fmt.Errorf("notify: company: %w", err)
		}
		owner = company.Name
	}
	owner = oneLine(owner, mail.MaxName)
	v := staffPage{Texts: texts, Lead: texts.T(deskKey+"lead", "company", owner), Facts: deskFacts(t, texts, owner), Next: texts.T(deskKey + "next"), Link: n.cfg.Console + "/desk/ticket/" + t.TenantID + "/" + t.ID}
	subject, id := texts.T(deskKey+"subject", "company", owner, "number", t.Number), fmt.Sprintf("ring.%s.%d", t.ID, args.At)
	if args.Given != "" {
		v.Next = texts.T(deskKey + "given_next")
		v.Lead = texts.T(deskKey+"given", "name", oneLine(args.Given, mail.MaxName))
		subject, id = texts.T(deskKey+"given_subject", "company", owner, "number", t.Number), fmt.Sprintf("given.%s.%d", t.ID, args.At)
	} else if t.Urgent {
		subject = texts.T(deskKey+"urgent_subject", "company", owner, "number", t.Number)
	}
	return n.tellStaff(ctx, *p, v, subject, id)
}

// deskFacts are what one needs to know before one opens the page. What a stranger wrote is no link in it.
func deskFacts(t *tickets.Ticket, texts text.Texts, owner string) []string {
	facts := []string{texts.T(deskKey+"who", "company", owner, "name", oneLine(t.Name, mail.MaxName)), texts.T(deskKey+"what", "subject", strings.ReplaceAll(oneLine(t.Subject, tickets.MaxSubject), ".", "[.]")),
		texts.T(deskKey+"number", "number", t.Number, "channel", texts.T(channelKey+string(t.Channel)))}
	if t.First.IsZero() && !t.Due.IsZero() {
		facts = append(facts, texts.T(deskKey+"due", "time", ja.Short(t.Due, texts.Lang())))
	}
	return facts
}
