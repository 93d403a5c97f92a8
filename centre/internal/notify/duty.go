package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/shift"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// HandleDuty tells whoever is on duty of cases that nobody has opened; when nobody is, all who have mails on. Companies
// are not named: mails to the staff leave the house.
func (n *Notifier) HandleDuty(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args shift.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	if len(args.Cases) == 0 {
		return fmt.Errorf("%w: notify: no case to tell of", job.ErrGiveUp)
	}
	first := args.Cases[0]
	again := func(personID string) job.Job {
		one := args
		one.Person = personID
		return job.Job{Kind: shift.KindTell, Args: one, Unique: first.CompanyID + first.AlertID + personID}
	}
	return n.eachOfStaff(ctx, tenantID, args.Person, again, func(p tenant.Person, t text.Texts) error {
		v := staffPage{Texts: t, Lead: t.T("mail.duty_lead", "hours", int(shift.Unopened/time.Hour)), Next: t.T("mail.duty_next"), Link: n.cfg.Console + "/?call=1"}
		if args.Nobody {
			v.Lead += "\n" + t.T("mail.duty_nobody")
		}
		for _, c := range args.Cases {
			v.Facts = append(v.Facts, t.T("mail.duty_case", "n", ja.CaseNumber(c.Number), "time", ja.Short(c.First, t.Lang())), "  "+n.cfg.Console+"/cases/"+c.CompanyID+"/"+c.AlertID)
		}
		if args.More > 0 {
			v.Facts = append(v.Facts, t.T("mail.duty_more", "n", args.More))
		}
		return n.tellStaff(ctx, p, v, t.T("mail.duty_subject", "n", len(args.Cases)+args.More), "duty."+first.CompanyID+"."+first.AlertID)
	})
}
