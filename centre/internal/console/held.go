package console

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/misfire"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
	"otasuke/internal/ja"
)

// Misfires are rules that may be wrong; misfire.Service is one.
type Misfires interface {
	List(ctx context.Context) ([]misfire.Rule, error)
	Mark(ctx context.Context, tenantID, alertID string) error
	Release(ctx context.Context, k alert.RuleKey, who string) error
	Withdraw(ctx context.Context, k alert.RuleKey, who, reason string) error
}

type heldView struct {
	ui.Base
	CanAct bool
	Rows   []heldRow
}

type heldRow struct {
	Rule, ID, Why, At string
	State             ui.State
	Action            string // URL, "" where nothing is to be decided
}

// heldPage is what waits because its rule may be wrong.
func (c *console) heldPage(w http.ResponseWriter, v *ui.Visit) error {
	all, err := c.Misfires.List(v.Request.Context())
	if err != nil {
		return err
	}
	view := heldView{Base: c.begin(v, "console.held_title", "/held"), CanAct: v.Role == tenant.RoleOperator}
	view.Flash = flash(v, map[string]ui.Flash{"released": {Text: "console.held_released"}, "withdrawn": {Text: "console.held_withdrawn"},
		"noreason": {Text: "console.held_needs", Bad: true}, "already": {Text: "console.update_already", Bad: true}})
	for i := range all {
		r := &all[i]
		id := strconv.FormatUint(uint64(r.GID), 10) + "/" + strconv.FormatUint(uint64(r.SID), 10)
		row := heldRow{Rule: r.Msg, ID: id, At: ja.Short(r.At, v.Texts.Lang()), Why: v.T("console.held_spread", "n", ja.Number(r.Companies))}
		if r.Why == misfire.Marked {
			row.Why = v.T("console.held_marked", "n", ja.Number(r.Companies))
		}
		switch r.State {
		case misfire.Held:
			row.State, row.Action = ui.State{Tone: ui.Alarm, Text: v.T("console.held_held")}, c.root+"/held/"+id
		case misfire.Released:
			row.State = ui.State{Tone: ui.Good, Text: v.T("console.held_was_released")}
		default:
			row.State = ui.State{Tone: ui.Off, Text: v.T("console.held_was_withdrawn")}
		}
		view.Rows = append(view.Rows, row)
	}
	return c.Show(w, c.held, view)
}

// decideRule releases a rule or withdraws it.
func (c *console) decideRule(w http.ResponseWriter, v *ui.Visit) error {
	gid, err := strconv.ParseUint(v.Request.PathValue("gid"), 10, 32)
	if err != nil {
		return ui.ErrBadInput
	}
	sid, err := strconv.ParseUint(v.Request.PathValue("sid"), 10, 32)
	if err != nil {
		return ui.ErrBadInput
	}
	k, said := alert.RuleKey{GID: uint32(gid), SID: uint32(sid)}, ""
	switch v.Request.PostFormValue("do") {
	case "release":
		said, err = "released", c.Misfires.Release(v.Request.Context(), k, v.PersonID)
	case "withdraw":
		var reason string
		if reason, err = typed(v, "reason"); errors.Is(err, errNoText) {
			return c.back(w, v, "/held?said=noreason")
		}
		if err == nil {
			said, err = "withdrawn", c.Misfires.Withdraw(v.Request.Context(), k, v.PersonID, reason)
		}
	default:
		return ui.ErrBadInput
	}
	if errors.Is(err, misfire.ErrNone) {
		said, err = "already", nil
	}
	if err != nil {
		return err
	}
	return c.back(w, v, "/held?said="+said)
}
