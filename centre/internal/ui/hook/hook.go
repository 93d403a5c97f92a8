package hook

import (
	"context"
	"embed"
	"errors"
	"net/http"

	"otasuke/centre/internal/hook"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/internal/entry"
	"otasuke/internal/ja"
)

//go:embed *.html
var files embed.FS

// Service is hook.Service.
type Service interface {
	Hooks(ctx context.Context, tenantID string) ([]hook.Hook, []hook.Delivery, error)
	Add(ctx context.Context, tenantID, who string, h hook.Hook) (hook.Hook, error)
	Remove(ctx context.Context, tenantID, who, id string) error
	Try(ctx context.Context, tenantID, id string) error
}

type pages struct {
	Service
	ui.Host
	page *ui.Page
}

// Customers is the page, for the portal.
func Customers(s Service) ui.Guest {
	return ui.Guest{Join: func(h ui.Host, r *ui.Router) (err error) {
		p := &pages{Service: s, Host: h}
		if p.page, err = ui.ParsePage(files, "page.html"); err != nil {
			return err
		}
		r.Page(ui.Manager, "GET /channels", p.show)
		r.Page(ui.Manager, "POST /channels", p.add)
		r.Page(ui.Manager, "POST /channels/remove", p.remove)
		r.Page(ui.Manager, "POST /channels/try", p.try)
		return nil
	}}
}

// Keys of words that something chooses.
const (
	kindKey  = "hook.kind_"
	stateKey = "hook.state_"
	saidKey  = "hook.said_"
)

var saidWords = []string{"added", "removed", "tried"}

type view struct {
	ui.Base
	Faults []ui.Field
	Fields ui.Form
	Rows   []row
	Sent   []sentRow
}

type row struct{ ID, Name, Kind, Host, Secret string }

type sentRow struct {
	Name, What, When, Answer string
	State                    ui.State
}

var tones = map[string]ui.Tone{hook.Sent: ui.Good, hook.Waiting: ui.Care, hook.Refused: ui.Alarm}

func form(v *ui.Visit) ui.Form {
	kinds := ui.Field{ID: "kind", Label: v.T("hook.kind"), Type: "radio", Value: hook.Webhook}
	for _, k := range hook.Kinds {
		kinds.Choices = append(kinds.Choices, ui.Choice{Value: k, Label: v.T(kindKey + k)})
	}
	return ui.Form{kinds, {ID: "name", Label: v.T("hook.name"), Hint: v.T("hook.name_hint"), Type: "text", Auto: "off", Max: 60}, {ID: "url", Label: v.T("hook.url"), Hint: v.T("hook.url_hint"), Type: "url", Auto: "off", Max: 1000}}
}

func (p *pages) show(w http.ResponseWriter, v *ui.Visit) error { return p.render(w, v, form(v)) }

func (p *pages) render(w http.ResponseWriter, v *ui.Visit, f ui.Form) error {
	base, err := p.Begin(v, "hook.title", "/people")
	if err != nil {
		return err
	}
	for _, word := range saidWords {
		if v.Request.FormValue("said") == word {
			base.Flash = &ui.Flash{Text: v.T(saidKey + word)}
		}
	}
	all, sent, err := p.Hooks(v.Request.Context(), v.TenantID)
	if err != nil {
		return err
	}
	view := view{Base: base, Fields: f, Faults: f.Faults()}
	names := map[string]string{}
	for i := range all {
		h := &all[i]
		names[h.ID] = h.Name
		one := row{ID: h.ID, Name: h.Name, Kind: v.T(kindKey + h.Kind), Host: h.Host()}
		if h.Kind == hook.Webhook {
			one.Secret = h.Secret
		}
		view.Rows = append(view.Rows, one)
	}
	for _, d := range sent {
		one := sentRow{Name: names[d.Hook], What: v.T("hook.trial_word"), When: ja.Short(d.At, v.Texts.Lang()), State: ui.State{Tone: tones[d.State], Text: v.T(stateKey + d.State)}, Answer: d.Answer}
		if d.Alert != "" {
			one.What = v.T("hook.alert_word", "id", d.Alert)
		}
		view.Sent = append(view.Sent, one)
	}
	status := http.StatusOK
	if len(view.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return p.page.Render(w, status, view)
}

func (p *pages) add(w http.ResponseWriter, v *ui.Visit) error {
	f := form(v).Fill(v.Request.PostFormValue)
	_, err := p.Add(v.Request.Context(), v.TenantID, v.PersonID, hook.Hook{Kind: f.Get("kind").Value, Name: f.Get("name").Value, URL: f.Get("url").Value, Lang: v.Texts.Lang()})
	switch {
	case errors.Is(err, hook.ErrURL):
		f.Fault("url", v.T("hook.url_bad"))
	case errors.Is(err, hook.ErrKind):
		f.Fault("kind", v.T("hook.kind_bad"))
	case errors.Is(err, hook.ErrTooMany):
		f.Fault("url", v.T("hook.many"))
	case errors.Is(err, entry.ErrEmpty), errors.Is(err, entry.ErrLong):
		f.Fault("name", v.T("hook.name_bad"))
	case err != nil:
		return err
	default:
		return ui.To(w, v.Request, p.Root+"/channels?said=added")
	}
	return p.render(w, v, f)
}

func (p *pages) remove(w http.ResponseWriter, v *ui.Visit) error {
	if err := p.Remove(v.Request.Context(), v.TenantID, v.PersonID, v.Request.PostFormValue("hook")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/channels?said=removed")
}

func (p *pages) try(w http.ResponseWriter, v *ui.Visit) error {
	if err := p.Try(v.Request.Context(), v.TenantID, v.Request.PostFormValue("hook")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/channels?said=tried")
}
