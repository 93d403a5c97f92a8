package notify

import (
	"context"
	"encoding/json"
	"fmt"
	texttemplate "text/template"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
)

var staffMail = texttemplate.Must(texttemplate.New("staff.txt").ParseFS(templates, "staff.txt"))

type staffPage struct {
	text.Texts
	Lead, Next, Link string
	Facts            []string
}

// HandleStopped tells the staff of a release that has stopped by itself: a job of its own for each
// person.
func (n *Notifier) HandleStopped(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args release.StoppedArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	again := func(personID string) job.Job {
		one := args
		one.Person = personID
		return job.Job{Kind: release.KindStopped, Args: one, Unique: fmt.Sprint(args.Kind, " ", args.Version, " ", personID)}
	}
	return n.eachOfStaff(ctx, tenantID, args.Person, again, func(p tenant.Person, t text.Texts) error {
		kind := t.T(release.Words[args.Kind])
		v := staffPage{Texts: t, Lead: t.T("mail.stopped_lead"), Next: t.T("mail.stopped_next"), Link: n.cfg.Console + "/updates",
			Facts: []string{t.T("mail.stopped_what", "kind", kind, "version", fmt.Sprint(args.Version)), t.T("mail.stopped_why", "well", args.Well, "bad", args.Bad)}}
		return n.tellStaff(ctx, p, v, t.T("mail.stopped_subject", "kind", kind, "version", fmt.Sprint(args.Version)), fmt.Sprintf("stopped.%s.%d", args.Kind, args.Version))
	})
}

// eachOfStaff makes a job again for each who is to be told, when person is empty, and otherwise tells
// that one: a mail that fails is not said again to the others.
func (n *Notifier) eachOfStaff(ctx context.Context, tenantID, person string, again func(personID string) job.Job, tell func(tenant.Person, text.Texts) error) error {
	people, err := n.cfg.Companies.People(ctx, tenant.House)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if person == "" {
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range staff(people) {
				if err := job.Enqueue(tx, again(p.ID)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, p := range people {
		if p.ID == person {
			return tell(p, n.cfg.Knowledge.Texts(string(p.Lang)))
		}
	}
	return nil
}

// staff are who has mails on, or all: what nobody hears of is worse than mails to all.
func staff(people []tenant.Person) (who []tenant.Person) {
	for _, p := range people {
		if p.Mails && p.Role.May(tenant.MayRead) {
			who = append(who, p)
		}
	}
	if len(who) == 0 {
		return workers(people)
	}
	return who
}

// workers are the staff who may work on what they are told: no vendor, no insurer.
func workers(people []tenant.Person) (who []tenant.Person) {
	for _, p := range people {
		if p.Role.May(tenant.MayWrite) {
			who = append(who, p)
		}
	}
	return who
}
