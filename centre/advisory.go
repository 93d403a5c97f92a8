package centre

import (
	"context"

	"otasuke/centre/internal/advisory"
	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/notify"
	"otasuke/centre/internal/portal"
	advised "otasuke/centre/internal/ui/advisory"
	"otasuke/content/text"
)

// advise is what the pages of advisories work with.
func (c *Centre) advise() advised.Config {
	return advised.Config{Service: c.advisories, Names: c.tenants.NamesOf, Companies: c.tenants.Companies, Look: c.tenants.Audit, Desk: c.askLabel}
}

// adviseBy has the queue do the work of advisories.
func (c *Centre) adviseBy(queue *job.Queue, n *notify.Notifier) {
	queue.Handle(device.KindLooked, c.advisories.HandleMatch)
	queue.Handle(advisory.KindAll, c.advisories.HandleAll)
	queue.Handle(advisory.KindFetch, c.advisories.HandleFetch)
	queue.Handle(advisory.KindRemind, c.advisories.HandleRemind)
	queue.Handle(advisory.KindTell, n.HandleAdvisory)
}

// askLabel leaves a question about a device, which its company cannot answer, with the desk.
func (c *Centre) askLabel(ctx context.Context, tenantID, personID, subject, question string) error {
	me, err := c.tenants.PersonByID(ctx, tenantID, personID)
	if err != nil {
		return err
	}
	_, err = c.desk.Open(ctx, tenantID, personID, desk.Ticket{Channel: desk.Portal, Topic: desk.TopicOther, Subject: subject, Name: me.Name, Email: me.Email, PersonID: me.ID, Lang: string(me.Lang)}, desk.Said{Text: question})
	return err
}

// toUpdate is what advisories leave to do, for the portal's home.
func (c *Centre) toUpdate(ctx context.Context, tenantID string, t text.Texts) (all []portal.Todo, err error) {
	concerns, err := c.advisories.Concerns(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	for i := range concerns {
		x := &concerns[i]
		devices, questions := x.Wants()
		if devices+questions == 0 {
			continue
		}
		one := portal.Todo{Stars: alert.Stars(x.Stars), Path: "/advisories/" + x.ID}
		device, asks := "", ""
		for j := range x.Findings {
			switch f := &x.Findings[j]; {
			case f.State == advisory.Open && f.Answer == advisory.Yes && device == "":
				device = f.Device
			case f.Wants() && f.Answer == advisory.Ask && asks == "":
				asks = f.Device
			}
		}
		switch {
		case devices > 1:
			one.Title = t.T("advisory.todo_more", "title", x.Title(t.Lang()), "device", device, "n", devices-1)
		case devices == 1:
			one.Title = t.T("advisory.todo", "title", x.Title(t.Lang()), "device", device)
		default: // a question is less urgent than what is known
			one.Stars, one.Title, one.Do, one.Asks = alert.Medium, t.T("advisory.todo_ask", "device", asks), t.T("advisory.todo_ask_do"), true
		}
		if steps := x.Do(t.Lang()); one.Do == "" && len(steps) > 0 {
			one.Do = steps[0]
		}
		all = append(all, one)
	}
	return all, nil
}
