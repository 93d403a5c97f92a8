package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/mail"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// Visits finds what a job is about; dispatch.Service is one.
type Visits interface {
	Get(ctx context.Context, tenantID, id string) (dispatch.Whole, error)
	NewToken(ctx context.Context, tenantID, id string, seq int) (token string, err error)
}

// visitKey is the key of the words of a mail about a visit.
const visitKey = "dispatch.mail_"

// HandleOffer asks a vendor, while the offer is open. An error means: try again.
func (n *Notifier) HandleOffer(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args dispatch.OfferArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	w, err := n.cfg.Visits.Get(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: visit: %w", err)
	}
	if w.State != dispatch.Offered || w.Round != args.Seq || !n.cfg.Clock.Now().Before(w.Due) {
		return nil // somebody else is asked by now
	}
	o := &w.Offers[args.Seq-1]
	token, err := n.cfg.Visits.NewToken(ctx, tenantID, w.ID, o.Seq)
	if errors.Is(err, dispatch.ErrTooMany) {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	if err != nil {
		return fmt.Errorf("notify: visit: %w", err)
	}
	t := n.cfg.Knowledge.Texts(o.Lang)
	// Whose office it is stands on the page, for the one who accepts.
	place := entry.PrefectureName(entry.Prefecture(w.Brief.Address), t.Lang())
	due := ja.Long(o.Due, t.Lang())
	v := loginPage{Texts: t, Greeting: t.T(visitKey+"offer_to", "name", oneLine(o.VendorName, mail.MaxName)), Lead: t.T(visitKey + "offer"), Facts: []string{t.T("dispatch.number", "n", w.Number), place},
		Next: t.T(visitKey+"offer_next", "time", due), Link: n.cfg.BaseURL + "/visit/" + token, Help: t.T(visitKey+"offer_help", "phone", n.cfg.Phone, "hours", n.hours(t))}
	return n.sendLogin(ctx, &tenant.Person{ID: o.VendorID, Name: o.VendorName, Email: o.Email}, v, t.T(visitKey+"offer_subject", "place", place, "time", ja.Clock(o.Due)), fmt.Sprintf("visit.%s.%d", w.ID, o.Seq))
}

// HandleVisit tells those of a company, or the desk, of a step. It leaves a job for each, so that none is told twice.
func (n *Notifier) HandleVisit(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var args dispatch.TellArgs
	if err := json.Unmarshal(raw, &args); err != nil {
		return fmt.Errorf("%w: notify: %w", job.ErrGiveUp, err)
	}
	w, err := n.cfg.Visits.Get(ctx, tenantID, args.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notify: visit: %w", err)
	}
	whose := tenantID
	if args.Staff {
		whose = tenant.House
	}
	people, err := n.cfg.Companies.People(ctx, whose)
	if err != nil {
		return fmt.Errorf("notify: people: %w", err)
	}
	if args.Person == "" {
		return n.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
			for _, p := range people {
				if args.Staff && !p.Role.May(tenant.MayHelp) || !args.Staff && !p.Role.May(tenant.MayWrite) {
					continue
				}
				one := args
				one.Person = p.ID
				if err := job.Enqueue(tx, job.Job{Kind: dispatch.KindTell, Args: one, Unique: fmt.Sprint(args.ID, " ", args.State, " ", p.ID)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range people {
		if p := &people[i]; p.ID == args.Person {
			return n.tellVisit(ctx, tenantID, &w, args, p)
		}
	}
	return nil // who has left need not know
}

func (n *Notifier) tellVisit(ctx context.Context, tenantID string, w *dispatch.Whole, args dispatch.TellArgs, p *tenant.Person) error {
	t := n.cfg.Knowledge.Texts(string(p.Lang))
	id, vendor := fmt.Sprintf("visit.%s.%s.%d", w.ID, args.State, w.Round), oneLine(w.VendorName, mail.MaxName)
	if args.Staff {
		key := visitKey + "staff_" + string(args.State)
		company := oneLine(w.Brief.Company, mail.MaxName)
		v := loginPage{Texts: t, Greeting: company, Lead: t.T(key), Facts: []string{t.T("dispatch.number", "n", w.Number)}, Next: t.T(visitKey + "staff_next"), Link: n.cfg.Console + "/visits/" + tenantID + "/" + w.ID}
		return n.sendLogin(ctx, p, v, t.T(key+"_subject", "company", company), id)
	}
	company, err := n.cfg.Companies.CompanyByID(ctx, tenantID)
	if err != nil {
		return fmt.Errorf("notify: company: %w", err)
	}
	key := visitKey + string(args.State)
	v := n.loginPage(&company, t)
	v.Lead, v.Facts = t.T(key), []string{t.T("dispatch.number", "n", w.Number)}
	if vendor != "" && args.State != dispatch.Cancelled {
		v.Facts = append(v.Facts, t.T(visitKey+"who", "vendor", vendor, "phone", w.VendorPhone))
	}
	if args.State == dispatch.Accepted || args.State == dispatch.Travelling {
		v.Facts = append(v.Facts, t.T(visitKey+"when", "when", w.Arrival))
	}
	for _, s := range w.Steps {
		if s.State == dispatch.Cancelled && s.Why != "" {
			v.Facts = append(v.Facts, t.T(visitKey+"why", "why", s.Why))
		}
	}
	v.Next, v.Link = t.T(visitKey+"portal"), n.cfg.BaseURL+"/visits/"+w.ID
	return n.sendLogin(ctx, p, v, t.T(key+"_subject", "vendor", vendor, "when", oneLine(w.Arrival, mail.MaxName)), id)
}
