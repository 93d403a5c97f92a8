package policy

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/ui"
	"otasuke/content/text"
	"otasuke/internal/hostname"
)

// groupKey begins what a line of a group is called.
const groupKey = "policy.group_"

// groupRow is a group in the list of a company's page.
type groupRow struct {
	Name, URL string
	Values    []string
}

type groupView struct {
	ui.Base
	Form   *form
	Faults []ui.Field
	Seq    int64
	Action string
	Old    string // the group's name until now; "" for a new one
	Back   string
}

// groupRoutes adds the pages of one group, below that of a company.
func (p *pages) groupRoutes(r *ui.Router, scope ui.Scope, path string, of func(v *ui.Visit) (whose, error)) {
	for pattern, page := range map[string]func(http.ResponseWriter, *ui.Visit, whose) error{"GET " + path + "/group": p.groupPage, "POST " + path + "/group": p.saveGroup} {
		r.Page(scope, pattern, func(w http.ResponseWriter, v *ui.Visit) error {
			x, err := of(v)
			if err != nil {
				return err
			}
			return page(w, v, x)
		})
	}
}

// groups are those of a company, in words.
func (p *pages) groups(t text.Texts, x whose, o *policy.Own) (rows []groupRow) {
	for _, g := range o.State.GroupsOf() {
		row := groupRow{Name: g.Name, URL: x.path + "/group?name=" + url.QueryEscape(g.Name), Values: []string{t.T("policy.group_devices", "n", len(g.Members))}}
		for _, list := range []struct {
			kind   string
			values []string
		}{{policy.GroupBlock, g.Block}, {policy.GroupDeny, g.Deny}, {policy.GroupAllow, g.Allow}} {
			if len(list.values) > 0 {
				words := make([]string, len(list.values))
				for i, v := range list.values {
					words[i] = p.groupWord(t, list.kind, v)
				}
				row.Values = append(row.Values, t.T("policy.group_line", "what", t.T(groupKey+list.kind), "value", strings.Join(words, t.T("policy.and"))))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (p *pages) groupWord(t text.Texts, kind, value string) string {
	switch kind {
	case policy.GroupBlock:
		return p.item(t, value)
	case policy.GroupDeny, policy.GroupAllow:
		return hostname.Shown(value)
	}
	return value
}

// groupChange is a line of a group in the words of the history.
func (p *pages) groupChange(t text.Texts, line string) string {
	name, kind, value, ok := policy.GroupLine(line)
	if !ok {
		return line
	}
	return t.T("policy.group_change", "group", name, "what", t.T(groupKey+kind), "value", p.groupWord(t, kind, value))
}

// devices are those that a company's boxes know, to be ticked.
func (p *pages) devices(ctx context.Context, tenantID string, in []string) (all []check, err error) {
	if p.Devices == nil {
		return nil, nil
	}
	known, err := p.Devices(ctx, tenantID)
	for i := range known {
		k := &known[i]
		is := k.MAC
		if is == "" {
			is = k.Addr
		}
		if one, err := policy.Members(is); err != nil || len(one) != 1 {
			continue
		} else if is = one[0]; slices.ContainsFunc(all, func(c check) bool { return c.Value == is }) {
			continue
		}
		all = append(all, check{Name: "device", Value: is, Label: k.Label(), Note: is, On: slices.Contains(in, is)})
	}
	return all, err
}

// groupForm is the form of a group, with what it has now.
func (p *pages) groupForm(v *ui.Visit, x whose, s *shape, g *policy.Group) (f form, err error) {
	t := v.Texts
	f.most = policy.MaxGroupNames
	f.Fields = ui.Form{{ID: "name", Label: t.T("policy.group_name"), Hint: t.T("policy.group_name_hint"), Type: "text", Auto: "off", Max: policy.MaxGroupName, Value: g.Name}}
	if f.Devices, err = p.devices(v.Request.Context(), x.tenantID, g.Members); err != nil {
		return f, err
	}
	var others []string
	for _, m := range g.Members {
		if !slices.ContainsFunc(f.Devices, func(c check) bool { return c.Value == m }) {
			others = append(others, m)
		}
	}
	area := func(id, key, value string) ui.Field {
		return ui.Field{ID: id, Label: t.T(key), Hint: t.T(key + "_hint"), Type: "area", Max: 20_000, Value: value, Optional: true}
	}
	f.Others = ui.Form{area("member", "policy.group_others", strings.Join(others, "\n"))}
	if s.free(policy.FreeApps) {
		for i := range p.Known.Categories {
			c := &p.Known.Categories[i]
			f.Categories = append(f.Categories, check{Name: "block", Value: policy.Category + c.ID, Label: p.label(c, t.Lang()), On: slices.Contains(g.Block, policy.Category+c.ID)})
		}
		f.More = append(f.More, area("apps", "policy.field_apps", lines(only(g.Block, policy.App), func(item string) string { return p.item(t, item) })))
	}
	f.More = append(f.More, area("deny", "policy.field_deny", lines(g.Deny, hostname.Shown)), area("allow", "policy.group_field_allow", lines(g.Allow, hostname.Shown)),
		ui.Field{ID: "why", Label: t.T("policy.why"), Hint: t.T("policy.why_hint"), Type: "text", Auto: "off", Max: policy.MaxWhy})
	return f, nil
}

// readGroup makes a group of what was typed, keeps it in the form, and marks what does not do.
func (p *pages) readGroup(v *ui.Visit, f *form, s *shape, before *policy.Group) (g policy.Group) {
	value := func(id string) string { return strings.TrimSpace(v.Request.PostFormValue(id)) }
	f.Fields.Fill(value)
	f.Others.Fill(value)
	f.More.Fill(value)
	g.Name = value("name")
	ticked := v.Request.PostForm["device"]
	for i := range f.Devices {
		if f.Devices[i].On = slices.Contains(ticked, f.Devices[i].Value); f.Devices[i].On {
			g.Members = append(g.Members, f.Devices[i].Value)
		}
	}
	typed, err := policy.Members(v.Request.PostFormValue("member"))
	f.mark(v.Texts, err)
	for _, m := range typed {
		if !slices.Contains(g.Members, m) {
			g.Members = append(g.Members, m)
		}
	}
	if g.Block = before.Block; s.free(policy.FreeApps) {
		g.Block = nil
		for i := range f.Categories {
			if f.Categories[i].On = slices.Contains(v.Request.PostForm["block"], f.Categories[i].Value); f.Categories[i].On {
				g.Block = append(g.Block, f.Categories[i].Value)
			}
		}
		for line := range strings.Lines(v.Request.PostFormValue("apps")) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			if app, ok := p.application(line); ok {
				g.Block = append(g.Block, policy.App+app)
			} else {
				f.fault("apps", v.T("policy.bad_app", "line", line))
			}
		}
	}
	for id, to := range map[string]*[]string{"deny": &g.Deny, "allow": &g.Allow} {
		if *to, err = policy.Names(id, v.Request.PostFormValue(id)); err != nil {
			f.mark(v.Texts, err)
		}
	}
	return g
}

// groupAt is the group that a request is about, with what counts at its company.
func (p *pages) groupAt(v *ui.Visit, x whose, old string) (o policy.Own, s *shape, g policy.Group, err error) {
	if o, err = p.Of(v.Request.Context(), x.tenantID); err != nil {
		return o, s, g, err
	}
	if s, err = p.shape(v.Request.Context(), v, x, &o); err != nil {
		return o, s, g, err
	}
	var ok bool
	if g, ok = o.State.GroupOf(old); !ok && old != "" {
		err = store.ErrNotFound
	}
	return o, s, g, err
}

func (p *pages) groupPage(w http.ResponseWriter, v *ui.Visit, x whose) error {
	if x.staff {
		if err := p.looked(v, x); err != nil {
			return err
		}
	}
	old := v.Request.FormValue("name")
	o, s, g, err := p.groupAt(v, x, old)
	if err != nil {
		return err
	}
	f, err := p.groupForm(v, x, s, &g)
	if err != nil {
		return err
	}
	return p.showGroup(w, v, x, &f, o.Seq, old, "")
}

func (p *pages) showGroup(w http.ResponseWriter, v *ui.Visit, x whose, f *form, seq int64, old, said string) error {
	base, err := p.Begin(v, "policy.group_new", x.here)
	if err != nil {
		return err
	}
	view := groupView{Base: base, Form: f, Faults: f.Faults, Seq: seq, Action: x.path + "/group", Old: old, Back: x.path}
	view.Flash = p.flash(v, said)
	if view.Path = view.Action; old != "" {
		view.Title, view.Path = old, view.Action+"?name="+url.QueryEscape(old)
	}
	return p.group.Render(w, status(view.Faults, said), view)
}

// saveGroup shows first what would change. Taking a group away goes the same way.
func (p *pages) saveGroup(w http.ResponseWriter, v *ui.Visit, x whose) error {
	form := v.Request.PostForm
	seq, err := strconv.ParseInt(form.Get("seq"), 10, 64)
	if err != nil {
		return ui.ErrBadInput
	}
	old := form.Get("old")
	o, s, before, err := p.groupAt(v, x, old)
	if err != nil {
		return err
	}
	f, err := p.groupForm(v, x, s, &before)
	if err != nil {
		return err
	}
	again := func(said string) error { return p.showGroup(w, v, x, &f, o.Seq, old, said) }
	var state policy.State
	if form.Get("step") == "remove" {
		form.Set("remove", "1")
	}
	if form.Get("remove") != "" {
		f.More.Fill(func(id string) string {
			if id == "why" {
				return form.Get(id)
			}
			return f.More.Get(id).Value
		})
		state, err = o.State.WithGroup(old, nil)
	} else {
		g := p.readGroup(v, &f, s, &before)
		if len(f.Faults) == 0 {
			state, err = o.State.WithGroup(old, &g)
		}
	}
	changes := policy.Changes(&o.State, &state)
	switch step := form.Get("step"); {
	case step == "change" || len(f.Faults) > 0:
		return again("")
	case seq != o.Seq:
		return again("stale")
	case err == nil && len(changes) == 0:
		err = policy.ErrSame
	case err == nil && (step == "save" || len([]rune(form.Get("why"))) == 0):
		if err = p.Save(v.Request.Context(), x.tenantID, v.PersonID, form.Get("why"), seq, state, x.staff); err == nil {
			return ui.To(w, v.Request, x.path+"?said=saved")
		}
	}
	switch {
	case errors.Is(err, policy.ErrStale):
		return again("stale")
	case errors.Is(err, policy.ErrNotFree):
		return again("fixed")
	case err != nil:
		if !f.mark(v.Texts, err) {
			return badInput(err)
		}
		return again("")
	}
	base, err := p.Begin(v, "policy.check", x.here)
	if err != nil {
		return err
	}
	base.Path = x.path + "/group"
	return p.check.Render(w, http.StatusOK, checkView{Base: base, Changes: p.changes(v.Request.Context(), v.Texts, changes), Used: v.T("policy.group_check"), Action: x.path + "/group", Fields: repeated(form), Button: v.T("policy.save")})
}

// repeated are the fields of a form that a page which asks once more sends again.
func repeated(form url.Values) map[string][]string {
	fields := map[string][]string{}
	for name, values := range form {
		if name != "csrf" && name != "step" {
			fields[name] = values
		}
	}
	return fields
}
