package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

// Bounds of a search: what is typed in characters, and how much is shown of each kind; a longer list needs a better word.
const (
	maxFind  = 60
	maxFound = 20
	maxFleet = 10_000
)

type queueView struct {
	ui.Base
	Lead, Month, Unread string
	Find, Query         string
	Searched            bool
	Found               []found
	FoundTitle          string
	Stranger            string
	Write               bool
	Rows                []row
	Picks               []pick
	None                string
}

// found is one thing that a search brought.
type found struct {
	Kind, Label, More, URL string
	Company                string // whose it is; "" for a stranger's
}

// queuePage is what waits for the desk, and who is on the telephone.
func (p *Pages) queuePage(w http.ResponseWriter, v *ui.Visit) error {
	base, err := p.Begin(v, "desk.queue_title", "/desk")
	if err != nil {
		return err
	}
	base.Flash = flash(v)
	ctx, now, lang := v.Request.Context(), p.Clock.Now(), v.Texts.Lang()
	view := queueView{Base: base, Find: p.Root + "/desk", Query: strings.TrimSpace(v.Request.FormValue("q")), Stranger: p.Root + "/desk/company/" + tenant.House, Write: v.Role.May(tenant.MayWrite)}
	if view.Query != "" {
		if view.Found, err = p.find(v, view.Query); err != nil {
			return err
		}
		if len(view.Found) == 1 && view.Found[0].Kind != "" {
			return ui.To(w, v.Request, view.Found[0].URL)
		}
		view.Searched, view.FoundTitle = true, v.T("desk.found_title", "q", view.Query)
		if digits := number(view.Query); len(digits) >= 10 {
			view.Stranger += "?phone=" + url.QueryEscape(digits)
		}
	}
	items, err := p.Desk.Queue(ctx, v.PersonID, "console: desk")
	if err != nil {
		return err
	}
	who, err := p.names(ctx)
	if err != nil {
		return err
	}
	turn, show := 0, v.Request.FormValue("show")
	for i := range items {
		t := &items[i].Ticket
		if t.State == desk.Fresh {
			turn++
		}
		if show == showMine && t.Assignee != v.PersonID || show == showFree && who[t.Assignee] != "" {
			continue
		}
		one := row{URL: p.Root + "/desk/ticket/" + t.TenantID + "/" + t.ID, Subject: t.Subject, Who: p.whose(v, &items[i]), When: v.T("common.ago", "span", ja.Span(now.Sub(t.Moved), lang)), Number: t.Number,
			Channel: v.T(channelKey + string(t.Channel)), State: p.lamp(v.Texts, t.State), Urgent: t.Urgent}
		one.Due, one.Late = p.due(v, t, now)
		if t.Escalated != "" {
			one.Escalated = v.T("desk.escalated", "to", t.Escalated)
		}
		if name := who[t.Assignee]; name != "" {
			one.With = v.T("desk.assign_with", "name", name)
		}
		view.Rows = append(view.Rows, one)
	}
	view.Picks, view.None = p.picks(v, show), v.T("desk.queue_none")
	if len(items) > 0 {
		view.None = v.T("desk.filter_none")
	}
	view.Lead = v.T("desk.queue_count", "n", ja.Number(len(items)), "turn", ja.Number(turn))
	if view.Month, err = p.month(v, now); err != nil {
		return err
	}
	n, err := p.Desk.Unread(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		view.Unread = v.T("desk.unread", "n", ja.Number(n))
	}
	return p.queue.Render(w, http.StatusOK, view)
}

// whose is who asked, for a list.
func (p *Pages) whose(v *ui.Visit, it *desk.Item) string {
	owner := it.Owner
	if it.TenantID == tenant.House {
		owner = cmp.Or(it.Company, it.Email, v.T("desk.new_one"))
	}
	return strings.TrimSpace(owner + " " + it.Name)
}

// due says until when there is to be an answer, or when there was one.
func (p *Pages) due(v *ui.Visit, t *desk.Ticket, now time.Time) (string, bool) {
	lang := v.Texts.Lang()
	if took, ok := p.Desk.FirstAnswer(t); ok && t.State != desk.Fresh {
		return v.T("desk.due_done", "span", ja.Span(took, lang)), false
	}
	if now.After(t.Due) {
		return v.T("desk.due_late", "span", ja.Span(now.Sub(t.Due), lang)), true
	}
	return v.T("desk.due_left", "span", ja.Span(t.Due.Sub(now), lang), "time", ja.Short(t.Due, lang)), false
}

// month is how the desk did in thirty days.
func (p *Pages) month(v *ui.Visit, now time.Time) (string, error) {
	all, err := p.Desk.Since(v.Request.Context(), v.PersonID, "console: desk, how it did", now.AddDate(0, 0, -30))
	if err != nil {
		return "", err
	}
	var took []time.Duration
	good, rated := 0, 0
	for i := range all {
		if d, ok := p.Desk.FirstAnswer(&all[i].Ticket); ok {
			took = append(took, d)
		}
		if all[i].Face != 0 {
			rated++
		}
		if all[i].Face == desk.Good {
			good++
		}
	}
	if len(took) == 0 {
		return "", nil
	}
	slices.Sort(took)
	return v.T("desk.queue_month", "n", ja.Number(len(all)), "span", ja.Span(took[len(took)/2], v.Texts.Lang()), "good", ja.Number(good), "rated", ja.Number(rated)), nil
}

// number is the digits of something that is only a number; "" for anything else.
func number(s string) string {
	s = strings.NewReplacer(" ", "", "-", "", "ー", "", "−", "", "‐", "", "(", "", ")", "").Replace(ja.Halfwidth(s))
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}

// why of a search, for the record of who read what.
const why = "console: desk, who is calling"

// find looks for who or what somebody on the telephone names: six digits are an alert, seven a question, eight an
// application, ten or eleven a telephone; everything else is a name.
func (p *Pages) find(v *ui.Visit, query string) (all []found, err error) {
	ctx := v.Request.Context()
	query, err = entry.Line(query, maxFind)
	if errors.Is(err, entry.ErrEmpty) || errors.Is(err, entry.ErrLong) {
		return nil, nil
	}
	digits := number(query)
	switch len(digits) {
	case 6:
		a, err := p.Alerts.ByCase(ctx, v.PersonID, why, digits)
		if err == nil {
			return []found{{v.T("desk.found_company"), digits, "", p.Root + "/desk/company/" + a.TenantID + "?alert=" + a.ID, a.TenantID}}, nil
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	case 7:
		t, err := p.Desk.ByNumber(ctx, digits)
		if err == nil {
			return []found{{v.T("desk.found_ticket"), t.Subject, t.Number, p.Root + "/desk/ticket/" + t.TenantID + "/" + t.ID, ours(t.TenantID)}}, nil
		} else if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
	case 8:
		one, err := p.application(v, digits)
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			return one, err
		}
	case 10, 11:
		return p.byPhone(v, digits)
	}
	return p.byName(v, query)
}

// application is that of a number: the company that came of it, or itself.
func (p *Pages) application(v *ui.Visit, digits string) ([]found, error) {
	id, err := p.Contracts.ByNumber(v.Request.Context(), digits)
	if err != nil {
		return nil, err
	}
	a, _, _, err := p.Contracts.Application(v.Request.Context(), id)
	if err != nil {
		return nil, err
	}
	to := p.Root + "/desk/company/" + tenant.House + "?application=" + a.ID
	if a.CompanyID != "" {
		to = p.Root + "/desk/company/" + a.CompanyID
	}
	return []found{{v.T("desk.found_application"), a.Form.Company, a.Number, to, a.CompanyID}}, nil
}

// byPhone finds companies by the number of their contract, and former callers.
func (p *Pages) byPhone(v *ui.Visit, digits string) (all []found, err error) {
	ctx := v.Request.Context()
	signed, err := p.Contracts.All(ctx, v.PersonID, why)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	add := func(f found) {
		if !seen[f.URL] && len(all) < maxFound {
			seen[f.URL] = true
			all = append(all, f)
		}
	}
	for i := range signed {
		if c := &signed[i]; number(c.Form.Phone) == digits {
			add(found{v.T("desk.found_company"), c.Form.Company, c.Form.Contact, p.Root + "/desk/company/" + c.TenantID + "?phone=" + digits, c.TenantID})
		}
	}
	before, err := p.Desk.ByPhone(ctx, v.PersonID, why, digits)
	for i := range before {
		t := &before[i]
		if t.TenantID == tenant.House {
			add(found{v.T("desk.found_ticket"), t.Subject, p.whose(v, t), p.Root + "/desk/ticket/" + t.TenantID + "/" + t.ID, ""})
			continue
		}
		add(found{v.T("desk.found_company"), t.Owner, t.Name, p.Root + "/desk/company/" + t.TenantID + "?phone=" + digits, t.TenantID})
	}
	return all, err
}

// byName finds companies by name or kana, and boxes by what they are called.
func (p *Pages) byName(v *ui.Visit, query string) (all []found, err error) {
	ctx := v.Request.Context()
	companies, err := p.Companies.Companies(ctx, v.Session, why)
	if err != nil {
		return nil, err
	}
	name := entry.Fold(query)
	kana, err := entry.Kana(query, maxFind)
	if err != nil {
		kana = "\x00" // in no name
	}
	for _, c := range companies {
		if len(all) < maxFound && (name != "" && strings.Contains(entry.Fold(c.Name), name) || strings.Contains(c.NameKana, kana)) {
			all = append(all, found{v.T("desk.found_company"), c.Name, c.NameKana, p.Root + "/desk/company/" + c.ID, c.ID})
		}
	}
	boxes, err := p.boxes(ctx, v, strings.ToLower(query))
	return append(all, boxes...), err
}

func (p *Pages) boxes(ctx context.Context, v *ui.Visit, query string) (all []found, err error) {
	fleet, err := p.Boxes.Fleet(ctx, v.PersonID, why, maxFleet)
	if err != nil {
		return nil, err
	}
	for i := range fleet {
		b := &fleet[i].Box
		if len(all) < maxFound && len(query) >= 4 && (strings.HasPrefix(strings.ToLower(b.ID), query) || strings.HasPrefix(strings.ToLower(b.Serial), query) || strings.Contains(strings.ToLower(b.Name), query)) {
			all = append(all, found{v.T("desk.found_box"), b.Label(), fleet[i].Company, p.Root + "/desk/company/" + b.TenantID + "?box=" + url.QueryEscape(b.ID), b.TenantID})
		}
	}
	return all, nil
}
