package cases

import (
	"cmp"
	"context"
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// Past is alert.Service.
type Past interface {
	Similar(ctx context.Context, who, why string, a *alert.Alert) (alert.Similar, error)
}

// Finder puts into words what was seen before a case.
type Finder struct {
	Alerts Past
	// Title names a threat family.
	Title func(family, lang string) string
	// Kind is what a device is, and KindName that for people; "" for not known.
	Kind     func(ctx context.Context, tenantID, deviceID string) (string, error)
	KindName func(id, lang string) string
}

// Likes is a part of a case's page.
type Likes struct {
	Head   string
	Counts []string // how many there were, and what became of them
	Rows   []Like
}

// Like is one case of before.
type Like struct {
	When, Company, What, Device, URL string
	Same                             []string // what it has in common
	Fate, Took, Reason               string
}

const (
	countKey = "cases.count_"
	fateKey  = "cases.fate_"
)

// Of looks for what was seen before a. Companies are named to those of the staff who may read them; opening one of
// these cases goes into its company's record like any other look.
func (f *Finder) Of(v *ui.Visit, root string, a *alert.Alert) (*Likes, error) {
	ctx, t, lang := v.Request.Context(), v.Texts, v.Texts.Lang()
	sim, err := f.Alerts.Similar(ctx, v.PersonID, v.T("cases.why_similar", "n", a.Case), a)
	if err != nil {
		return nil, err
	}
	all := &Likes{Head: t.T("cases.likes")}
	if n := sim.Family.All; n > 0 {
		all.Counts = append(all.Counts, t.T("cases.likes_family", "all", counted(v, n), "parts", parts(v, &sim.Family)))
	}
	if n := sim.Peer.All; n > 0 {
		all.Counts = append(all.Counts, t.T("cases.likes_peer", "peer", a.Peer, "all", counted(v, n), "parts", parts(v, &sim.Peer)))
	}
	if len(sim.Cases) == 0 {
		all.Counts = append(all.Counts, t.T("cases.likes_none"))
		return all, nil
	}
	kind, err := f.kind(ctx, a)
	if err != nil {
		return nil, err
	}
	for i := range sim.Cases {
		one := &sim.Cases[i]
		b := &one.Alert
		x := Like{When: ja.Date(b.First, lang), What: f.Title(b.Family, lang), URL: root + "/cases/" + b.TenantID + "/" + b.ID, Reason: b.Reason, Fate: t.T("cases.fate_open")}
		if v.Role.May(tenant.MayRead) {
			x.Company, x.Device = one.Company, cmp.Or(b.DeviceName, b.DeviceAddr)
		}
		if b.State == alert.Closed {
			x.Fate = t.T(fateKey + string(b.Outcome))
			x.Took = t.T("cases.took", "span", ja.Span(b.Closed.Sub(b.First), lang))
		}
		if one.Rule {
			x.Same = append(x.Same, t.T("cases.same_rule"))
		}
		if one.Peer {
			x.Same = append(x.Same, t.T("cases.same_peer"))
		}
		if one.Family {
			x.Same = append(x.Same, t.T("cases.same_family"))
		}
		theirs, err := f.kind(ctx, b)
		if err != nil {
			return nil, err
		}
		if kind != "" && theirs == kind {
			x.Same = append(x.Same, t.T("cases.same_kind", "kind", f.KindName(kind, lang)))
		}
		all.Rows = append(all.Rows, x)
	}
	return all, nil
}

// counted is a number of cases; beyond those that are counted it is only said that there are more.
func counted(v *ui.Visit, n int) string {
	if n >= alert.MaxCounted {
		return v.T("cases.likes_many", "n", ja.Number(n))
	}
	return ja.Number(n)
}

func (f *Finder) kind(ctx context.Context, a *alert.Alert) (string, error) {
	if a.DeviceID == "" {
		return "", nil
	}
	return f.Kind(ctx, a.TenantID, a.DeviceID)
}

// parts says what became of them, the harmless first: that is what one wants to know.
func parts(v *ui.Visit, f *alert.Fates) string {
	var all []string
	add := func(key string, n int) {
		if n > 0 {
			all = append(all, v.T("cases.likes_part", "what", v.T(countKey+key), "n", ja.Number(n)))
		}
	}
	for _, was := range []alert.Outcome{alert.OutcomeHarmless, alert.OutcomeMisfire, alert.OutcomeWithdrawn, alert.OutcomeHandled} {
		add(string(was), f.Was[was])
	}
	add("unsaid", f.Was[alert.OutcomeUnsaid])
	add("open", f.Open)
	return strings.Join(all, v.T("cases.likes_and"))
}
