package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/ja"
)

// Claims finds what a job is about; cover.Service is one.
type Claims interface {
	Get(ctx context.Context, tenantID, id string) (cover.Claim, error)
	GetSent(ctx context.Context, tenantID, id string) (cover.Claim, error)
	Decides(ctx context.Context, personID string, c *cover.Claim) (bool, error)
}

// HandleClaim tells an insurer's people of a claim that waits for their decision, or the company's owners what was decided. It leaves a job
// for each, so that none is told twice. Whose claim it is stands for the insurer on the page, behind the login.
func (n *Notifier) HandleClaim(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args cover.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	if args.Decided {
		return n.tellDecided(ctx, tenantID, args)
	}
	c, err := n.cfg.Claims.GetSent(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: claim: %w", err)
	}
	if c.State != cover.Sent {
		return nil // decided or withdrawn by now
	}
	people, err := n.cfg.Companies.People(ctx, tenant.House)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person == "" {
		var its []tenant.Person
		for _, p := range people {
			if !p.Role.May(tenant.MayDecide) {
				continue
			}
			if yes, err := n.cfg.Claims.Decides(ctx, p.ID, &c); err != nil {
				return fmt.Errorf("notify: claim: %w", err)
			} else if yes {
				its = append(its, p)
			}
		}
		if len(its) == 0 {
			n.cfg.Log.Warn("nobody of the insurer to tell about a claim", "tenant", tenantID, "claim", c.ID)
		}
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range its {
				if err := job.Enqueue(tx, job.Job{Kind: cover.KindTell, Args: cover.TellArgs{ID: c.ID, Person: p.ID}, Unique: c.ID + " " + p.ID}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range people {
		p := &people[i]
		if p.ID != args.Person || !p.Role.May(tenant.MayDecide) {
			continue
		}
		t := n.cfg.Knowledge.Texts(string(p.Lang))
		v := loginPage{Texts: t, Greeting: t.T("cover.mail_to", "name", p.Name), Lead: t.T("cover.mail"), Facts: []string{t.T("cover.asked", "yen", t.T("apply.yen", "yen", ja.Number(c.Asked))), t.T("cover.sent_at", "time", ja.Long(c.Sent, t.Lang()))},
			Next: t.T("cover.mail_next"), Link: n.cfg.Console + "/claims/" + tenantID + "/" + c.ID, Help: t.T("cover.mail_help", "phone", n.cfg.Phone, "hours", n.hours(t))}
		return n.sendLogin(ctx, p, v, t.T("cover.mail_subject"), "claim."+c.ID)
	}
	return nil // who has left need not know
}

// tellDecided tells the owners of a company what the insurer decided.
func (n *Notifier) tellDecided(ctx context.Context, tenantID string, args cover.TellArgs) error {
	c, err := n.cfg.Claims.Get(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && c.State != cover.Paid && c.State != cover.Refused {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: claim: %w", err)
	}
	return n.toPeople(ctx, tenantID, func(p *tenant.Person) bool {
		return p.Role == tenant.RoleOwner && (args.Person == "" || p.ID == args.Person)
	}, func(company *tenant.Company, p *tenant.Person) error {
		if args.Person == "" {
			one := args
			one.Person = p.ID
			return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
				return job.Enqueue(tx, job.Job{Kind: cover.KindTell, Args: one, Unique: c.ID + " decided " + p.ID})
			})
		}
		t := n.cfg.Knowledge.Texts(string(p.Lang))
		key, yen := "cover.mail_"+string(c.State), func(n int) string { return t.T("apply.yen", "yen", ja.Number(n)) }
		v := n.loginPage(company, t)
		v.Lead, v.Facts = t.T(key), []string{t.T("cover.mail_asked", "yen", yen(c.Asked))}
		if c.State == cover.Paid {
			v.Facts = append(v.Facts, t.T("cover.mail_yen", "yen", yen(c.Decided)))
		}
		v.Facts = append(v.Facts, t.T("cover.mail_by", "by", oneLine(c.By, mail.MaxName)))
		if c.Why != "" {
			v.Facts = append(v.Facts, t.T("cover.mail_why", "why", oneLine(c.Why, mail.MaxSubject)))
		}
		v.Next, v.Link = t.T(key+"_next"), n.cfg.BaseURL+"/cover"
		v.Help = t.T("cover.mail_help", "phone", n.cfg.Phone, "hours", n.hours(t))
		return n.sendLogin(ctx, p, v, t.T(key+"_subject"), "claim."+c.ID+"."+string(c.State))
	})
}
