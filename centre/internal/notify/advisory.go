package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Advisories finds what a job is about; advisory.Service is one.
type Advisories interface {
	Concern(ctx context.Context, tenantID, id string) (advisory.Concern, error)
	Gone(ctx context.Context, id string) (advisory.Concern, error)
}

// maxAdvised devices stand in a mail; the page has all of them.
const maxAdvised = 10

// advisoryKey is the key of the words of a mail about an advisory.
const advisoryKey = "advisory.mail_"

// HandleAdvisory tells those of a company who do more than read what concerns their devices, all of them in one mail, or that it was taken
// back. Each gets a job of their own. An error means: try again.
func (n *Notifier) HandleAdvisory(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args advisory.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	var c advisory.Concern
	var err error
	if args.What == advisory.TellWithdrawn {
		c, err = n.cfg.Advisories.Gone(ctx, args.Advisory)
	} else {
		c, err = n.cfg.Advisories.Concern(ctx, tenantID, args.Advisory)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // taken back or done meanwhile
	}
	if err != nil {
		return fmt.Errorf("notify: advisory: %w", err)
	}
	if devices, questions := c.Wants(); !c.Gone && devices+questions == 0 {
		return nil
	}
	people, err := n.cfg.Companies.People(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person == "" {
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range people {
				if !p.Role.May(tenant.MayWrite) {
					continue
				}
				one := args
				one.Person = p.ID
				if err := job.Enqueue(tx, job.Job{Kind: advisory.KindTell, Args: one, Unique: args.Advisory + " " + args.What + " " + p.ID}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range people {
		if people[i].ID == args.Person {
			return n.sendAdvisory(ctx, tenantID, &people[i], &c, args)
		}
	}
	return nil // who has left need not know
}

func (n *Notifier) sendAdvisory(ctx context.Context, tenantID string, p *tenant.Person, c *advisory.Concern, args advisory.TellArgs) error {
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	t := n.cfg.Knowledge.Texts(ja.Lang(string(p.Lang)))
	v := n.loginPage(&company, t)
	title := c.Title(t.Lang())
	v.Lead = t.T(advisoryKey+args.What) + "\n\n" + title
	if c.Gone {
		v.Facts = []string{t.T("advisory.mail_why", "why", c.Why)}
	} else {
		v.Lead += "\n" + c.Rule.Why(t.Lang())
		v.Facts = advised(t, c)
		v.Next, v.Link = t.T("advisory.mail_page"), n.cfg.BaseURL+"/advisories/"+c.ID
	}
	return n.sendLogin(ctx, p, v, t.T(advisoryKey+args.What+"_subject", "title", oneLine(title, mail.MaxSubject)), fmt.Sprintf("advisory.%s.%s.%s", c.ID, args.What, tenantID))
}

// advised are the devices that something is to be done about, and the first step.
func advised(t text.Texts, c *advisory.Concern) (facts []string) {
	more, first := 0, false
	for i := range c.Findings {
		f := &c.Findings[i]
		if !f.Wants() {
			continue
		}
		if len(facts) == maxAdvised {
			more++
			continue
		}
		state, what := t.T("advisory.state_yes"), f.Product+" "+f.Seems()
		if f.Answer == advisory.Ask {
			state = t.T("advisory.state_ask")
		} else {
			first = true
		}
		if f.Product == "" {
			what = t.T("advisory.model_unknown")
		}
		facts = append(facts, t.T("advisory.mail_device", "state", state, "device", oneLine(f.Device, maxDevice), "what", oneLine(what, mail.MaxName)))
	}
	if more > 0 {
		facts = append(facts, t.T("advisory.mail_more", "n", more))
	}
	if steps := c.Do(t.Lang()); first && len(steps) > 0 {
		facts = append(facts, t.T("advisory.mail_first", "step", steps[0]))
	}
	return facts
}
