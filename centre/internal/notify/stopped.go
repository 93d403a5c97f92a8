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
// person, so that one mail that fails is not said again to the others.
func (n *Notifier) HandleStopped(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args release.StoppedArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	people, err := n.cfg.Companies.People(ctx, tenant.House)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person == "" {
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range staff(people) {
				one := args
				one.Person = p.ID
				if err := job.Enqueue(tx, job.Job{Kind: release.KindStopped, Args: one, Unique: fmt.Sprint(args.Kind, " ", args.Version, " ", p.ID)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, p := range people {
		if p.ID != args.Person {
			continue
		}
		t := n.cfg.Knowledge.Texts(string(p.Lang))
		kind := t.T(release.Words[args.Kind])
		v := staffPage{Texts: t, Lead: t.T("mail.stopped_lead"), Next: t.T("mail.stopped_next"), Link: n.cfg.Console + "/updates",
			Facts: []string{t.T("mail.stopped_what", "kind", kind, "version", fmt.Sprint(args.Version)), t.T("mail.stopped_why", "well", args.Well, "bad", args.Bad)}}
		return n.tellStaff(ctx, p, v, t.T("mail.stopped_subject", "kind", kind, "version", fmt.Sprint(args.Version)), fmt.Sprintf("stopped.%s.%d", args.Kind, args.Version))
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
