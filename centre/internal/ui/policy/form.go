package policy

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/ui"
	"otasuke/content/apps"
	"otasuke/content/text"
	"otasuke/internal/hostname"
	"otasuke/internal/ja"
	"otasuke/wire"
)

// Keys of words that something chooses.
const (
	dnsKey      = "policy.dns_"
	filesKey    = "policy.files_"
	freeKey     = "policy.free_"
	templateKey = "policy.template_"
	whatKey     = "policy.what_"
	fromKey     = "policy.from_"
	ownKey      = "policy.own_"
	saidKey     = "policy.said_"
)

// asTemplate is the choice of a company to go by its template.
const asTemplate = "template"

// check is one box to tick.
type check struct {
	Name, Value, Label, Note string
	On                       bool
}

// form is what is asked, and what was typed.
type form struct {
	Fields     ui.Form // before the ticks
	More       ui.Form // behind them
	Devices    []check // of a group
	Others     ui.Form // behind those
	Categories []check
	Free       []check
	Faults     []ui.Field
	most       int // names of sites; policy.MaxNames where it is 0
}

// mark puts the reason beside the field that an error is about; false for an error that is nobody's fault.
func (f *form) mark(t text.Texts, err error) bool {
	id, key := "", ""
	var bad *policy.Bad
	switch {
	case errors.As(err, &bad):
		id, key = bad.List, "policy.bad_name"
		switch {
		case errors.Is(err, hostname.ErrSuffix):
			key = "policy.bad_suffix"
		case errors.Is(err, policy.ErrBoth):
			key = "policy.bad_both"
		case errors.Is(err, policy.ErrMember):
			key = "policy.bad_member"
		}
	case errors.Is(err, policy.ErrWhy):
		id, key = "why", "policy.bad_why"
	case errors.Is(err, policy.ErrName):
		id, key = "name", "policy.bad_title"
	case errors.Is(err, policy.ErrMany):
		id, key = "deny", "policy.bad_many"
	case errors.Is(err, policy.ErrSame):
		id, key = "why", "policy.bad_same"
	case errors.Is(err, policy.ErrGroupName):
		id, key = "name", "policy.bad_group"
	case errors.Is(err, policy.ErrTaken):
		id, key = "name", "policy.bad_taken"
	case errors.Is(err, policy.ErrGroups):
		id, key = "name", "policy.bad_groups"
	case errors.Is(err, policy.ErrNobody):
		id, key = "member", "policy.bad_nobody"
	case errors.Is(err, policy.ErrNothing):
		id, key = "deny", "policy.bad_nothing"
	default:
		return false
	}
	line := ""
	if bad != nil {
		line = bad.Line
	}
	f.fault(id, t.T(key, "line", line, "n", cmp.Or(f.most, policy.MaxNames)))
	return true
}

func (f *form) fault(id, text string) {
	f.Fields.Fault(id, text)
	f.Others.Fault(id, text)
	f.More.Fault(id, text)
	f.Faults = slices.Concat(f.Fields.Faults(), f.Others.Faults(), f.More.Faults())
}

func (p *pages) label(c *apps.Category, lang string) string {
	if lang == ja.English && c.En != "" {
		return c.En
	}
	return c.Ja
}

// item is what is blocked in words.
func (p *pages) item(t text.Texts, item string) string {
	if id, ok := strings.CutPrefix(item, policy.Category); ok {
		if c, ok := p.Known.Category(id); ok {
			return p.label(&c, t.Lang())
		}
		return id
	}
	id := strings.TrimPrefix(item, policy.App)
	if a, ok := p.Known.App(id); ok {
		return appName(&a, t.Lang())
	}
	return id
}

func appName(a *apps.App, lang string) string {
	if lang == ja.English && a.En != "" {
		return a.En
	}
	return a.Ja
}

// application finds one by what a person calls it.
func (p *pages) application(name string) (id string, ok bool) {
	for i := range p.Known.Apps {
		a := &p.Known.Apps[i]
		if strings.EqualFold(name, a.ID) || strings.EqualFold(name, a.Ja) || strings.EqualFold(name, a.En) {
			return a.ID, true
		}
	}
	return "", false
}

func (p *pages) templateName(t text.Texts, x *policy.Template) string {
	if x.Name != "" {
		return x.Name
	}
	return t.T(templateKey + x.ID)
}

// lines are values as they stand in a field for several lines.
func lines(all []string, shown func(string) string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = shown(s)
	}
	return strings.Join(out, "\n")
}

func only(items []string, head string) (all []string) {
	for _, i := range items {
		if strings.HasPrefix(i, head) {
			all = append(all, i)
		}
	}
	return all
}

// blocks tells whether a category is blocked by a template and a company's difference.
func blocks(template, own *policy.State, item string) bool {
	return (slices.Contains(template.Block, item) || slices.Contains(own.Block, item)) && !slices.Contains(own.Open, item)
}

// shape is what a form shows of a state. template is nil for a template itself; free says what may be changed.
type shape struct {
	own      policy.State
	template *policy.Template
	choices  []ui.Choice // of templates; none where it cannot be chosen
	titled   bool
	free     func(string) bool
}

func (p *pages) form(v *ui.Visit, s *shape) (f form) {
	t, none := v.Texts, policy.State{}
	base := &none
	if s.template != nil {
		base = &s.template.State
	}
	area := func(id string, value string) ui.Field {
		return ui.Field{ID: id, Label: t.T("policy.field_" + id), Hint: t.T("policy.field_" + id + "_hint"), Type: "area", Max: 200_000, Value: value, Optional: true}
	}
	if s.titled {
		f.Fields = append(f.Fields, ui.Field{ID: "name", Label: t.T("policy.name"), Type: "text", Auto: "off", Max: policy.MaxName, Value: s.own.Name})
	}
	if len(s.choices) > 0 {
		f.Fields = append(f.Fields, ui.Field{ID: "template", Label: t.T("policy.template"), Type: "select", Value: s.own.Template, Choices: s.choices})
	}
	if s.free(policy.FreeApps) {
		for i := range p.Known.Categories {
			c := &p.Known.Categories[i]
			item := policy.Category + c.ID
			one := check{Name: "block", Value: item, Label: p.label(c, t.Lang()), On: blocks(base, &s.own, item)}
			if slices.Contains(base.Block, item) {
				one.Note = t.T("policy.from_template")
			}
			f.Categories = append(f.Categories, one)
		}
		name := func(item string) string { return p.item(t, item) }
		var apps []string
		for _, i := range slices.Concat(only(base.Block, policy.App), only(s.own.Block, policy.App)) {
			if blocks(base, &s.own, i) && !slices.Contains(apps, i) {
				apps = append(apps, i)
			}
		}
		f.More = append(f.More, area("apps", lines(apps, name)))
		if s.template != nil {
			f.More = append(f.More, area("open", lines(only(s.own.Open, policy.App), name)))
		}
	}
	choice := func(id, key, value, inherited string, all ...string) {
		x := ui.Field{ID: id, Label: t.T("policy.field_" + id), Hint: t.T("policy.field_" + id + "_hint"), Type: "radio", Value: value}
		if s.template != nil {
			word := inherited
			if word == "" {
				word = all[0]
			}
			x.Choices = append(x.Choices, ui.Choice{Value: asTemplate, Label: t.T("policy.as_template", "value", t.T(key+word))})
			if value == "" {
				x.Value = asTemplate
			}
		} else if value == "" {
			x.Value = all[0]
		}
		for _, c := range all {
			x.Choices = append(x.Choices, ui.Choice{Value: c, Label: t.T(key + c)})
		}
		f.More = append(f.More, x)
	}
	if s.free(policy.FreeDNS) {
		choice("dns", dnsKey, s.own.DNS, base.DNS, wire.DNSReport, wire.DNSBlock, wire.DNSOff)
	}
	if s.free(policy.FreeFiles) {
		choice("files", filesKey, s.own.Files, base.Files, wire.FilesTell, wire.FilesStop)
	}
	f.More = append(f.More, area("deny", lines(s.own.Deny, hostname.Shown)), area("allow", lines(s.own.Allow, hostname.Shown)),
		ui.Field{ID: "why", Label: t.T("policy.why"), Hint: t.T("policy.why_hint"), Type: "text", Auto: "off", Max: policy.MaxWhy})
	if s.template == nil {
		for _, x := range policy.Switches {
			f.Free = append(f.Free, check{Name: "free", Value: x, Label: t.T(freeKey + x), On: slices.Contains(s.own.Free, x)})
		}
	}
	return f
}

// read makes a state of what was typed, keeps it in the form, and marks what does not do.
func (p *pages) read(v *ui.Visit, f *form, s *shape) (state policy.State) {
	value := func(id string) string { return strings.TrimSpace(v.Request.PostFormValue(id)) }
	f.Fields.Fill(value)
	f.More.Fill(value)
	ticked := v.Request.PostForm["block"]
	for i := range f.Categories {
		f.Categories[i].On = slices.Contains(ticked, f.Categories[i].Value)
	}
	for i := range f.Free {
		if f.Free[i].On = slices.Contains(v.Request.PostForm["free"], f.Free[i].Value); f.Free[i].On {
			state.Free = append(state.Free, f.Free[i].Value)
		}
	}
	state.Name, state.Template, state.Groups = value("name"), s.own.Template, s.own.Groups
	if t := value("template"); len(s.choices) > 0 && t != "" {
		state.Template = t
	}
	state.DNS, state.Files = s.own.DNS, s.own.Files
	for id, to := range map[string]*string{"dns": &state.DNS, "files": &state.Files} {
		if f.More.Get(id).ID == "" {
			continue
		}
		if *to = value(id); *to == asTemplate {
			*to = ""
		}
	}
	p.readBlocks(v, f, s, &state)
	for id, to := range map[string]*[]string{"deny": &state.Deny, "allow": &state.Allow} {
		names, err := policy.Names(id, v.Request.PostFormValue(id))
		if err != nil {
			f.mark(v.Texts, err)
		}
		*to = names
	}
	return state
}

// readBlocks works out how a company differs from its template by what is ticked and typed.
func (p *pages) readBlocks(v *ui.Visit, f *form, s *shape, state *policy.State) {
	if !s.free(policy.FreeApps) {
		state.Block, state.Open = s.own.Block, s.own.Open
		return
	}
	var base policy.State
	if s.template != nil {
		base = s.template.State
	}
	want := map[string]bool{}
	for _, c := range f.Categories {
		want[c.Value] = c.On
	}
	for _, id := range []string{"apps", "open"} {
		for line := range strings.Lines(v.Request.PostFormValue(id)) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			app, ok := p.application(line)
			if !ok {
				f.fault(id, v.T("policy.bad_app", "line", line))
				continue
			}
			want[policy.App+app] = id == "apps"
			if id == "open" {
				state.Open = append(state.Open, policy.App+app)
			}
		}
	}
	for _, item := range base.Block {
		if !want[item] && !slices.Contains(state.Open, item) {
			state.Open = append(state.Open, item)
		}
	}
	for item, on := range want {
		if on && !slices.Contains(base.Block, item) {
			state.Block = append(state.Block, item)
		}
	}
	slices.Sort(state.Block)
	slices.Sort(state.Open)
}
