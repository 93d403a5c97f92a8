package policy

import (
	"errors"
	"net/http"
	"strconv"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/centre/internal/ui"
)

// Staff are the pages of the console.
func Staff(cfg Config) ui.Guest {
	return guest(cfg, ui.Entry{Key: "policy.nav_staff", Path: "/policies", Scope: ui.Reader}, func(p *pages, r *ui.Router) {
		r.Page(ui.Reader, "GET /policies", p.listPage)
		r.Page(ui.Operator, "GET /policies/new", p.newPage)
		r.Page(ui.Reader, "GET /policies/{template}", p.templatePage)
		r.Page(ui.Operator, "POST /policies/{template}", p.saveTemplate)
		r.Page(ui.Operator, "POST /policies/{template}/undo", p.undoTemplate)
		r.Page(ui.Reader, "GET /companies/{tenant}/policy", p.theirPage)
		r.Page(ui.Operator, "POST /companies/{tenant}/policy", func(w http.ResponseWriter, v *ui.Visit) error {
			x, err := p.theirs(v)
			if err != nil {
				return err
			}
			return p.save(w, v, x)
		})
		r.Page(ui.Operator, "POST /companies/{tenant}/policy/undo", func(w http.ResponseWriter, v *ui.Visit) error {
			x, err := p.theirs(v)
			if err != nil {
				return err
			}
			return p.undo(w, v, x)
		})
		p.groupRoutes(r, ui.Operator, "/companies/{tenant}/policy", p.theirs)
	})
}

func (p *pages) theirs(v *ui.Visit) (whose, error) {
	id := v.Request.PathValue("tenant")
	if id == tenant.House {
		return whose{}, store.ErrNotFound // the house has no boxes of its own
	}
	return whose{tenantID: id, path: p.Root + "/companies/" + id + "/policy", here: "/policies", may: v.Role.May(tenant.MayOperate), staff: true}, nil
}

// theirPage shows what a company wants; its record says who looked.
func (p *pages) theirPage(w http.ResponseWriter, v *ui.Visit) error {
	x, err := p.theirs(v)
	if err != nil {
		return err
	}
	if err := p.looked(v, x); err != nil {
		return err
	}
	return p.show(w, v, x, nil, nil, "")
}

// looked writes down that one of the staff looked.
func (p *pages) looked(v *ui.Visit, x whose) error {
	return p.Companies.Audit(v.Request.Context(), x.tenantID, v.PersonID, "view.policy", x.tenantID, v.T("policy.looks_why"))
}

type listView struct {
	ui.Base
	Rows []templateRow
	May  bool
}

type templateRow struct{ URL, Name, Used string }

func (p *pages) listPage(w http.ResponseWriter, v *ui.Visit) error {
	ctx := v.Request.Context()
	base, err := p.Begin(v, "policy.templates", "/policies")
	if err != nil {
		return err
	}
	all, err := p.Templates(ctx)
	if err != nil {
		return err
	}
	used, err := p.UsedBy(ctx, v.PersonID)
	if err != nil {
		return err
	}
	base.Flash = p.flash(v, "")
	view := listView{Base: base, May: v.Role.May(tenant.MayOperate)}
	for i := range all {
		view.Rows = append(view.Rows, templateRow{URL: p.Root + "/policies/" + all[i].ID, Name: p.templateName(v.Texts, &all[i]), Used: v.T("policy.used", "n", used[all[i].ID])})
	}
	return p.list.Render(w, http.StatusOK, view)
}

type templateView struct {
	ui.Base
	Form   *form
	Faults []ui.Field
	Seq    int64
	Action string
	Lines  []lineRow
	Steps  []stepRow
}

func (p *pages) newPage(w http.ResponseWriter, v *ui.Visit) error {
	t := policy.Template{ID: policy.NewID()}
	return p.showTemplate(w, v, &t, nil, "")
}

func (p *pages) templatePage(w http.ResponseWriter, v *ui.Visit) error {
	t, err := p.TemplateByID(v.Request.Context(), v.Request.PathValue("template"))
	if err != nil {
		return err
	}
	return p.showTemplate(w, v, &t, nil, "")
}

// titled tells whether a template has a name of its own: those that come with the program have one in each language.
func (p *pages) titled(v *ui.Visit, id string) bool { return !v.Has(templateKey + id) }

func (p *pages) templateForm(v *ui.Visit, t *policy.Template) (form, *shape) {
	s := &shape{own: t.State, titled: p.titled(v, t.ID), free: func(string) bool { return true }}
	return p.form(v, s), s
}

func (p *pages) showTemplate(w http.ResponseWriter, v *ui.Visit, t *policy.Template, f *form, said string) error {
	base, err := p.Begin(v, "policy.new", "/policies")
	if err != nil {
		return err
	}
	base.Flash = p.flash(v, said)
	view := templateView{Base: base, Seq: t.Seq, Action: p.Root + "/policies/" + t.ID}
	if f == nil && v.Role.May(tenant.MayOperate) {
		made, _ := p.templateForm(v, t)
		f = &made
	}
	if view.Form = f; f != nil {
		view.Faults = f.Faults
	}
	if t.Name != "" || !p.titled(v, t.ID) {
		view.Title = p.templateName(v.Texts, t)
		view.Lines = p.lines(v.Texts, &policy.Own{Template: *t})
	}
	if view.Steps, err = p.steps(v.Request.Context(), v.Texts, tenant.House, t.ID, v.Role.May(tenant.MayOperate)); err != nil {
		return err
	}
	return p.one.Render(w, status(view.Faults, said), view)
}

type checkView struct {
	ui.Base
	Changes []string
	Used    string
	Action  string
	Fields  map[string][]string
	Button  string
}

// saveTemplate shows first what would change, and for how many companies.
func (p *pages) saveTemplate(w http.ResponseWriter, v *ui.Visit) error {
	ctx, id := v.Request.Context(), v.Request.PathValue("template")
	seq, err := strconv.ParseInt(v.Request.PostFormValue("seq"), 10, 64)
	if err != nil {
		return ui.ErrBadInput
	}
	t, err := p.TemplateByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) && seq == 0 {
		t, err = policy.Template{ID: id}, nil
	}
	if err != nil {
		return err
	}
	f, s := p.templateForm(v, &t)
	state := p.read(v, &f, s)
	if len(f.Faults) > 0 || v.Request.PostFormValue("step") == "change" {
		return p.showTemplate(w, v, &t, &f, "")
	}
	err = p.CheckTemplate(id, &state)
	changes := policy.Changes(&t.State, &state)
	if err == nil && len(changes) == 0 {
		err = policy.ErrSame
	}
	if err == nil && v.Request.PostFormValue("step") == "save" || err == nil && len([]rune(v.Request.PostFormValue("why"))) == 0 {
		err = p.SaveTemplate(ctx, v.PersonID, v.Request.PostFormValue("why"), id, seq, state)
		if err == nil {
			return ui.To(w, v.Request, p.Root+"/policies?said=saved")
		}
	}
	switch {
	case errors.Is(err, policy.ErrStale):
		return p.showTemplate(w, v, &t, &f, "stale")
	case err != nil:
		if !f.mark(v.Texts, err) {
			return badInput(err)
		}
		return p.showTemplate(w, v, &t, &f, "")
	}
	used, err := p.UsedBy(ctx, v.PersonID)
	if err != nil {
		return err
	}
	base, err := p.Begin(v, "policy.check", "/policies")
	if err != nil {
		return err
	}
	base.Path = p.Root + "/policies/" + id
	view := checkView{Base: base, Changes: p.changes(ctx, v.Texts, changes), Used: v.T("policy.check_used", "n", used[id]), Action: p.Root + "/policies/" + id, Fields: repeated(v.Request.PostForm), Button: v.T("policy.check_save", "n", used[id])}
	return p.check.Render(w, http.StatusOK, view)
}

func (p *pages) undoTemplate(w http.ResponseWriter, v *ui.Visit) error {
	id := v.Request.PathValue("template")
	said, err := p.takeBack(v, tenant.House, id, true)
	if err != nil {
		return err
	}
	return ui.To(w, v.Request, p.Root+"/policies/"+id+"?said="+said)
}
