package advisory

import (
	"context"
	"errors"
	"slices"
	"strings"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	content "otasuke/content/advisory"
	"otasuke/internal/entry"
	"otasuke/internal/firmware"
)

// Other is the model of who has one that is not on the list.
const Other = "-"

// Concern is what an advisory says to a company.
type Concern struct {
	content.Rule
	Findings []Finding
	// Gone: it was taken back, for the reason in Why.
	Gone bool
	Why  string
}

// Wants says how much is to do: devices that it concerns, and questions.
func (c *Concern) Wants() (devices, questions int) {
	for i := range c.Findings {
		switch f := &c.Findings[i]; {
		case f.State == Open && f.Answer == Yes:
			devices++
		case f.Wants():
			questions++
		}
	}
	return devices, questions
}

// Concerns lists what concerns a company or did: the most urgent first, what is done last.
func (s *Service) Concerns(ctx context.Context, tenantID string) (all []Concern, err error) {
	rules, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var found []Finding
	if err := s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		found, err = selectFindings(tx)
		return err
	}); err != nil {
		return nil, err
	}
	at := map[string]int{}
	for _, f := range found {
		r := rules.rules[f.AdvisoryID]
		if r == nil || f.State == Nothing {
			continue
		}
		i, ok := at[r.ID]
		if !ok {
			i = len(all)
			at[r.ID] = i
			all = append(all, Concern{Rule: *r})
		}
		all[i].Findings = append(all[i].Findings, f)
	}
	slices.SortStableFunc(all, func(a, b Concern) int { return b.urgency() - a.urgency() })
	return all, nil
}

// urgency puts what is to do before questions, and these before what is done.
func (c *Concern) urgency() int {
	devices, questions := c.Wants()
	switch {
	case devices > 0:
		return 20 + c.Stars
	case questions > 0:
		return 10 + c.Stars
	}
	return c.Stars
}

// Concern is one of them, or [store.ErrNotFound] when it does not concern the company; one that was taken back comes without devices.
func (s *Service) Concern(ctx context.Context, tenantID, id string) (Concern, error) {
	all, err := s.Concerns(ctx, tenantID)
	if err != nil {
		return Concern{}, err
	}
	for i := range all {
		if all[i].ID == id {
			return all[i], nil
		}
	}
	return Concern{}, store.ErrNotFound
}

// Gone is one that was taken back, for the mail that says so.
func (s *Service) Gone(ctx context.Context, id string) (Concern, error) {
	a, err := s.Get(ctx, id)
	if err != nil {
		return Concern{}, err
	}
	if a.State != Withdrawn {
		return Concern{}, store.ErrNotFound
	}
	return Concern{Rule: a.Rule, Gone: true, Why: a.Why}, nil
}

// Told is an answer to the question.
type Told struct {
	EndpointID     string
	Model, Version string // as the label says, [Other] for a model that is not on the list
	Unsure         bool
	Photo          *attach.Upload // may be nil
}

// finding of a company's device, in a transaction.
func finding(tx *store.Tx, advisoryID, endpointID string) (Finding, error) {
	all, err := selectFindings(tx)
	for i := range all {
		if all[i].AdvisoryID == advisoryID && all[i].EndpointID == endpointID {
			return all[i], err
		}
	}
	if err == nil {
		err = store.ErrNotFound
	}
	return Finding{}, err
}

// Answer takes what somebody read from a device, and says what comes of it.
func (s *Service) Answer(ctx context.Context, tenantID, who, advisoryID string, t Told) (Finding, error) {
	rules, err := s.current(ctx)
	if err != nil {
		return Finding{}, err
	}
	rule := rules.rules[advisoryID]
	if rule == nil {
		return Finding{}, store.ErrNotFound
	}
	var out Finding
	err = s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		f, err := finding(tx, advisoryID, t.EndpointID)
		if err != nil {
			return err
		}
		l, err := s.label(rule, &f, t)
		if err != nil {
			return err
		}
		l.By, l.At = who, s.Clock.Now()
		if t.Photo != nil {
			if err := attach.Put(tx, t.Photo, who, l.At); err != nil {
				return err
			}
			l.Photo = t.Photo.ID
		} else if before, err := labelOf(tx, f.EndpointID, f.Subject); err != nil {
			return err
		} else {
			l.Photo = before.Photo // the desk reads from the photo that is there
		}
		if err := putLabel(tx, &l); err != nil {
			return err
		}
		return tenant.Audit(tx, l.At, tenant.Entry{Who: who, Action: "advisory.answer", Object: f.EndpointID, Why: advisoryID})
	})
	if err != nil {
		return out, err
	}
	if err := s.match(ctx, tenantID); err != nil {
		return out, err
	}
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		out, err = finding(tx, advisoryID, t.EndpointID)
		return err
	})
	if errors.Is(err, store.ErrNotFound) { // another model: it is not about it
		return Finding{AdvisoryID: advisoryID, EndpointID: t.EndpointID, Answer: No, State: Nothing}, nil
	}
	return out, err
}

// label checks what was told: a version that can be compared, or a photo, or that nobody knows.
func (s *Service) label(rule *content.Rule, f *Finding, t Told) (Label, error) {
	l := Label{EndpointID: f.EndpointID, Subject: f.Subject, Unsure: t.Unsure}
	if t.Unsure {
		return l, nil
	}
	version, err := entry.Line(t.Version, content.MaxName)
	if err != nil && strings.TrimSpace(t.Version) != "" {
		return l, ErrVersion
	}
	if version != "" {
		if _, err := firmware.Parse(version); err != nil {
			return l, ErrVersion
		}
	}
	if l.Version = firmware.Plain(version); f.Subject == Firmware {
		for i := range rule.Products {
			if m := rule.Products[i].Model; content.Key(m) == content.Key(t.Model) {
				l.Model = m
			}
		}
		switch {
		case t.Model == Other:
			l.Model = Other
			return l, nil // whatever its version
		case l.Model == "" && f.Product != "":
			l.Model = f.Product
		case l.Model == "" && t.Photo == nil:
			return l, ErrModel
		}
	}
	if version == "" && t.Photo == nil {
		return l, ErrVersion
	}
	return l, nil
}

func labelOf(tx *store.Tx, endpointID, subject string) (Label, error) {
	all, err := selectLabels(tx)
	for _, l := range all {
		if l.EndpointID == endpointID && l.Subject == subject {
			return l, err
		}
	}
	return Label{EndpointID: endpointID, Subject: subject}, err
}

// Labels lists what was told, by device and subject.
func (s *Service) Labels(ctx context.Context, tenantID string) (all []Label, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = selectLabels(tx)
		return err
	})
	return all, err
}

// Photo is the picture of a label.
func (s *Service) Photo(ctx context.Context, tenantID, id string) (f attach.File, data []byte, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		all, err := selectLabels(tx)
		if err != nil {
			return err
		}
		if id == "" || !slices.ContainsFunc(all, func(l Label) bool { return l.Photo == id }) {
			return store.ErrNotFound
		}
		f, data, err = attach.Get(tx, id)
		return err
	})
	return f, data, err
}

// Done notes that somebody has updated a device. Saying it twice changes nothing.
func (s *Service) Done(ctx context.Context, tenantID, who, advisoryID, endpointID string) error {
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		f, err := finding(tx, advisoryID, endpointID)
		if err != nil || f.State == Finished {
			return err
		}
		if f.Answer != Yes || f.State != Open {
			return ErrState
		}
		now := s.Clock.Now()
		f.State, f.DoneBy, f.Done, f.Changed = Finished, who, now, now
		if err := putFinding(tx, &f); err != nil {
			return err
		}
		return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "advisory.done", Object: endpointID, Why: advisoryID})
	})
}

// Sum is how far an advisory is, in companies: the worst of each counts.
type Sum struct{ Yes, Ask, Done, No int }

// worst says where a company stands.
func (n *Sum) add(f []Finding) {
	rank := 0
	for i := range f {
		switch {
		case f[i].Wants() && f[i].Answer == Yes:
			rank = max(rank, 3)
		case f[i].Wants():
			rank = max(rank, 2)
		case f[i].State == Finished:
			rank = max(rank, 1)
		}
	}
	*[]*int{&n.No, &n.Done, &n.Ask, &n.Yes}[rank]++
}

// Everybody lists the findings of an advisory at all companies, and how many stand where.
func (s *Service) Everybody(ctx context.Context, who, id string) (all []Finding, sum Sum, err error) {
	if _, err := s.Get(ctx, id); err != nil {
		return nil, sum, err
	}
	companies := 0
	err = s.Store.AsOperator(ctx, who, "advisory "+id, func(tx *store.AllTx) (err error) {
		if all, err = selectEverybody(tx, id); err != nil {
			return err
		}
		list, err := tenant.All(tx)
		for i := range list {
			if list[i].ID != tenant.House {
				companies++
			}
		}
		return err
	})
	for from := 0; from < len(all); {
		to := from
		for to < len(all) && all[to].TenantID == all[from].TenantID {
			to++
		}
		sum.add(all[from:to])
		from = to
	}
	sum.No = companies - sum.Yes - sum.Ask - sum.Done
	return all, sum, err
}

// Preview says whom a draft would concern, without telling anybody.
func (s *Service) Preview(ctx context.Context, who, id string) (all []Finding, sum Sum, err error) {
	a, err := s.Get(ctx, id)
	if err != nil {
		return nil, sum, err
	}
	x := newIndex([]content.Rule{a.Rule})
	var companies []tenant.Company
	if err := s.Store.AsOperator(ctx, who, "preview of advisory "+id, func(tx *store.AllTx) (err error) {
		companies, err = tenant.All(tx)
		return err
	}); err != nil {
		return nil, sum, err
	}
	for i := range companies {
		if companies[i].ID == tenant.House {
			continue
		}
		var known []device.Known
		if known, err = s.Devices.Known(ctx, companies[i].ID); err != nil {
			return nil, sum, err
		}
		var of []Finding
		for j := range known {
			for _, v := range x.judge(&known[j], nil) {
				f := Finding{TenantID: companies[i].ID, AdvisoryID: id, EndpointID: known[j].ID, Device: known[j].Label(), Product: v.product, Subject: v.subject, Seen: v.seen, Answer: v.answer, State: Open}
				if v.answer == No {
					f.State = Nothing
				}
				of = append(of, f)
			}
		}
		sum.add(of)
		all = append(all, of...)
	}
	return all, sum, nil
}
