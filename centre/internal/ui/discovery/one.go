package discovery

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"otasuke/centre/internal/discovery"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// again is after how many seconds a page that waits for boxes is loaded again; it has no form then.
const again = "3"

type oneView struct {
	ui.Base
	Value, What, When string
	State             ui.State
	Case              string // address of the case; "" where nobody knows it any more
	Facts             []string
	Effects           []string // what it would do, or does
	Verdict           string
	Waits             bool
	Confirm           bool
	Acts              bool // it is in force and may be changed
	Drop              bool
	Days              []ui.Choice
	DaysNow           string
	Reason            string // as it was typed
	Action            string
	Steps             []stepRow
	Back              string
}

type stepRow struct{ When, Who, What, Why string }

func (p *pages) onePage(w http.ResponseWriter, v *ui.Visit) error {
	d, err := p.Get(v.Request.Context(), v.Request.PathValue("discovery"))
	if err != nil {
		return err
	}
	return p.show(w, v, &d, http.StatusOK, flash(v))
}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit, d *discovery.Discovery, status int, f *ui.Flash) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "discovery.title", path)
	if err != nil {
		return err
	}
	base.Flash, base.Title, base.Path = f, value(d), p.Root+path+"/"+d.ID
	view := oneView{Base: base, Value: value(d), What: what(v, d), When: when(v, d, p.Clock.Now()), State: state(v, d), Action: p.Root + path + "/" + d.ID, Back: p.Root + path,
		Days: daysOf(v.Texts), DaysNow: strconv.Itoa(d.Days), Reason: v.Request.PostFormValue("why")}
	if d.CompanyID != "" && d.AlertID != "" {
		view.Case = p.Root + "/cases/" + d.CompanyID + "/" + d.AlertID
	}
	may := v.Role.May(tenant.MayOperate)
	if d.State == discovery.Proposed {
		err = p.weigh(w, v, d, &view, may)
	} else {
		err = p.far(v, d, &view)
		view.Acts = may && d.State == discovery.Active
	}
	if err != nil {
		return err
	}
	if view.Steps, err = p.steps(ctx, v, d.ID); err != nil {
		return err
	}
	return p.one.Render(w, status, view)
}

// weigh shows what a proposal would do, and whether it may be confirmed.
func (p *pages) weigh(w http.ResponseWriter, v *ui.Visit, d *discovery.Discovery, view *oneView, may bool) error {
	r, err := p.Reach(v.Request.Context(), d, v.PersonID)
	if err != nil {
		return err
	}
	view.Effects = append(view.Effects, v.T("discovery.effect_"+d.Kind, "value", value(d)), v.T("discovery.effect_days", "n", d.Days))
	switch {
	case r.Asked > 0:
		view.Facts = append(view.Facts, v.T("discovery.reach_asked", "asked", ja.Number(r.Asked), "answered", ja.Number(r.Answered)), v.T("discovery.reach_used", "n", ja.Number(r.Used), "long", ja.Number(r.Long)))
	case r.Askable:
		view.Facts = append(view.Facts, v.T("discovery.reach_nobody"))
	default:
		view.Facts = append(view.Facts, v.T("discovery.reach_not"))
	}
	if r.Seen > 0 {
		view.Facts = append(view.Facts, v.T("discovery.reach_seen", "n", ja.Number(r.Seen)))
	}
	if d.Kind == wire.StopAddr {
		view.Facts = append(view.Facts, v.T("discovery.addr_shared"))
	}
	err = r.Verdict(v.PersonID != d.MadeBy)
	view.Waits = errors.Is(err, discovery.ErrEarly)
	view.Verdict, view.Confirm, view.Drop = problem(v, err), err == nil && may, may
	switch {
	case view.Waits:
		w.Header().Set("Refresh", again)
		view.Drop = false
	case err == nil && !may:
		view.Verdict = v.T("discovery.needs_operator")
	case err == nil:
		view.Verdict = v.T("discovery.may")
	}
	return nil
}

// far shows how far it has come.
func (p *pages) far(v *ui.Visit, d *discovery.Discovery, view *oneView) error {
	all, err := p.Measures(v.Request.Context(), v.PersonID, []discovery.Discovery{*d})
	if err != nil {
		return err
	}
	if m, ok := all[d.ID]; ok {
		view.Effects = append(view.Effects, have(v, d, &m), stopped(v, &m))
	}
	return nil
}

func (p *pages) steps(ctx context.Context, v *ui.Visit, id string) (rows []stepRow, err error) {
	all, err := p.History(ctx, id)
	if err != nil {
		return nil, err
	}
	staff, err := p.Companies.NamesOf(ctx, tenant.House)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		r := stepRow{When: ja.Long(s.At, v.Texts.Lang()), Who: v.T("discovery.somebody"), What: v.T(stepKey + s.What), Why: s.Why}
		if who := staff[s.Who].Name; who != "" {
			r.Who = who
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// problems are the keys of what keeps somebody from a step.
var problems = []struct {
	err error
	key string
}{{discovery.ErrWhy, "why"}, {discovery.ErrDays, "days"}, {discovery.ErrState, "state"}, {discovery.ErrStale, "stale"}, {discovery.ErrEarly, "early"}, {discovery.ErrSecond, "second"}, {discovery.ErrFull, "full"}}

// problem says for people what it is, "" where it is none of theirs.
func problem(v *ui.Visit, err error) string {
	var refused *discovery.Refusal
	if errors.As(err, &refused) {
		return why(v, err)
	}
	for _, one := range problems {
		if errors.Is(err, one.err) {
			return v.T(badKey + one.key)
		}
	}
	return ""
}

// decide does a step.
func (p *pages) decide(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id, because := v.Request.Context(), v.Request.PathValue("discovery"), typed(v, "why")
	word := ""
	var err error
	switch v.Request.PostFormValue("do") {
	case discovery.StepConfirm:
		word, err = "confirmed", p.Confirm(ctx, id, v.PersonID, because)
	case discovery.StepWithdraw:
		word, err = "withdrawn", p.Withdraw(ctx, id, v.PersonID, because)
	case discovery.StepDrop:
		word, err = "dropped", p.Drop(ctx, id, v.PersonID, because)
	case discovery.StepRenew:
		days, bad := strconv.Atoi(v.Request.PostFormValue("days"))
		if bad != nil {
			return ui.ErrBadInput
		}
		word, err = "renewed", p.Renew(ctx, id, v.PersonID, because, days)
	default:
		return ui.ErrBadInput
	}
	if err == nil {
		return ui.To(w, v.Request, p.Root+path+"/"+id+"?said="+word)
	}
	says := problem(v, err)
	if says == "" {
		return err
	}
	d, err := p.Get(ctx, id)
	if err != nil {
		return err
	}
	return p.show(w, v, &d, http.StatusUnprocessableEntity, &ui.Flash{Text: says, Bad: true})
}
