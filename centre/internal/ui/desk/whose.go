package desk

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// What the queue shows.
const showMine, showFree = "mine", "free"

// toHouse is what a form says for "to nobody's company".
const toHouse = "house"

// pick is one way to look at the queue.
type pick struct {
	URL, Label string
	Current    bool
}

func (p *Pages) picks(v *ui.Visit, show string) []pick {
	here := p.Root + "/desk"
	return []pick{{here, v.T("desk.filter_all"), show != showMine && show != showFree}, {here + "?show=" + showMine, v.T("desk.filter_mine"), show == showMine}, {here + "?show=" + showFree, v.T("desk.filter_free"), show == showFree}}
}

// names are those of the staff who can have a ticket, by their ids.
func (p *Pages) names(ctx context.Context) (map[string]string, error) {
	workers, err := p.Desk.Workers(ctx)
	all := map[string]string{}
	for _, w := range workers {
		all[w.ID] = cmp.Or(w.Name, w.Email)
	}
	return all, err
}

// whose is who has a ticket, and to whom it can go.
type whose struct {
	Says, From, Me, Take string
	Mine                 bool
	Others               []ui.Choice
}

// hands is what there is to do about who has a ticket, and whose it is.
func (p *Pages) hands(v *ui.Visit, t *desk.Ticket, view *ticketView) error {
	workers, err := p.Desk.Workers(v.Request.Context())
	if err != nil {
		return err
	}
	x := whose{Says: v.T("desk.assign_nobody"), From: t.Assignee, Me: v.PersonID, Take: v.T("desk.assign_take"), Mine: t.Assignee == v.PersonID}
	if t.Assignee != "" {
		x.Says = v.T("desk.assign_gone")
	}
	for _, w := range workers {
		name := cmp.Or(w.Name, w.Email)
		switch {
		case w.ID == v.PersonID && x.Mine:
			x.Says = v.T("desk.assign_me")
		case w.ID == t.Assignee:
			x.Says, x.Take = v.T("desk.assign_with", "name", name), v.T("desk.assign_take_over")
		case w.ID != v.PersonID:
			x.Others = append(x.Others, ui.Choice{Value: w.ID, Label: name})
		}
	}
	view.Whose = x
	view.CanMove = view.Write && t.TenantID == tenant.House
	view.CanMoveBack = view.Write && t.TenantID != tenant.House && t.MovedFrom != ""
	if t.MovedTo != "" {
		view.OnWay, view.Write, view.Open, view.CanMove, view.CanMoveBack = v.T("desk.move_on_way"), false, false, false, false
	}
	return nil
}

// gone leads to where a ticket is now; false while it is still on its way.
func (p *Pages) gone(w http.ResponseWriter, v *ui.Visit, t *desk.Ticket) (bool, error) {
	now, err := p.Desk.Where(v.Request.Context(), t.TenantID, t.ID)
	if err != nil || now.MovedTo != "" {
		return false, err
	}
	to := p.at(&now)
	if said := v.Request.URL.Query().Get("said"); said != "" {
		to += "?said=" + url.QueryEscape(said)
	}
	return true, ui.To(w, v.Request, to)
}

// at is a ticket's page.
func (p *Pages) at(t *desk.Ticket) string { return p.Root + "/desk/ticket/" + t.TenantID + "/" + t.ID }

// ours is a company's id; "" for the house, whose tickets are strangers'.
func ours(tenantID string) string {
	if tenantID == tenant.House {
		return ""
	}
	return tenantID
}

type moveView struct {
	ui.Base
	URL, Subject, Query string
	Found               []target
}

// target is a company to which a ticket can go.
type target struct{ ID, Name, Kana, Do string }

// movePage finds the company of a stranger.
func (p *Pages) movePage(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	t, _, err := p.Desk.Ticket(ctx, v.Request.PathValue("tenant"), v.Request.PathValue("ticket"), true)
	if err != nil {
		return err
	}
	if t.MovedTo != "" || t.TenantID != tenant.House {
		return p.showTicket(w, v, "", nil) // which leads on, or says that it is on its way
	}
	base, err := p.Begin(v, "desk.move_title", "/desk")
	if err != nil {
		return err
	}
	view := moveView{Base: base, URL: p.at(&t), Subject: t.Subject, Query: strings.TrimSpace(v.Request.FormValue("q"))}
	all, err := p.find(v, view.Query)
	if err != nil {
		return err
	}
	seen := map[string]bool{"": true}
	for _, f := range all {
		if seen[f.Company] {
			continue
		}
		seen[f.Company] = true
		c, err := p.Companies.CompanyByID(ctx, f.Company)
		if err != nil {
			return err
		}
		view.Found = append(view.Found, target{c.ID, c.Name, c.NameKana, v.T("desk.move_do", "company", c.Name)})
	}
	return p.move.Render(w, http.StatusOK, view)
}

// moveIt gives a ticket to a company, or back.
func (p *Pages) moveIt(w http.ResponseWriter, v *ui.Visit) error {
	ctx, from, id := v.Request.Context(), v.Request.PathValue("tenant"), v.Request.PathValue("ticket")
	to := v.Request.PostFormValue("to")
	if to == toHouse {
		to = tenant.House
	}
	if to == "" {
		return ui.To(w, v.Request, p.Root+"/desk/ticket/"+from+"/"+id)
	}
	err := p.Desk.Move(ctx, from, id, p.me(v), to, v.Request.PostFormValue("why"))
	said := "moved"
	switch {
	case errors.Is(err, desk.ErrEmpty):
		return p.showTicket(w, v, "", []ui.Field{{ID: "why", Error: v.T("desk.needs_reason")}})
	case desk.Late(err):
		said = "state"
	case err != nil:
		return err
	}
	return ui.To(w, v.Request, p.Root+"/desk/ticket/"+from+"/"+id+"?said="+said)
}
