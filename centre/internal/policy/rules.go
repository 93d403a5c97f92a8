package policy

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"otasuke/content/apps"
	"otasuke/internal/hostname"
	"otasuke/wire"
)

// Heads of what is blocked or opened: a category of applications, or one of them.
const (
	Category = "category:"
	App      = "app:"
)

// Switches that a template may leave to its companies; names are theirs always.
const (
	FreeApps  = "apps"
	FreeDNS   = "dns"
	FreeFiles = "files"
)

// Switches are all of them.
var Switches = []string{FreeApps, FreeDNS, FreeFiles}

// Limits of one state. A template and a company together stay within what a box takes.
const (
	MaxNames = wire.MaxPolicyNames / 2
	MaxItems = wire.MaxPolicyIDs / 2
	// MaxName of a template, in characters; MaxWhy of a reason.
	MaxName = 40
	MaxWhy  = 200
)

// State is what a template says, or how a company differs from its own.
type State struct {
	// Name of a template; empty for those that come with the program.
	Name string `json:"name,omitempty"`
	// Template of a company.
	Template string `json:"template,omitempty"`
	// Block and Open begin with Category or App. Only a company opens what its template blocks.
	Block []string `json:"block,omitempty"`
	Open  []string `json:"open,omitempty"`
	// DNS and Files are wire's choices; of a company "" is as the template has it.
	DNS   string `json:"dns,omitempty"`
	Files string `json:"files,omitempty"`
	// Allow and Deny are names.
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
	// Free are the Switches that a template leaves to its companies.
	Free []string `json:"free,omitempty"`
	// Groups of a company's devices, as lines ([State.GroupsOf]).
	Groups []string `json:"groups,omitempty"`
}

// Errors of a state, for people to correct.
var (
	ErrName  = errors.New("policy: a name of up to 40 characters")
	ErrItem  = errors.New("policy: an application that nobody knows")
	ErrMany  = errors.New("policy: too many entries")
	ErrValue = errors.New("policy: not one of the choices")
	ErrBoth  = errors.New("policy: a name is both let through and blocked")
)

// Bad is a line that is no name of a site.
type Bad struct {
	List string // "allow" or "deny"
	Line string
	Err  error // of package hostname
}

// Error tells which.
func (b *Bad) Error() string { return "policy: " + b.Line + ": " + b.Err.Error() }

// Unwrap is the reason.
func (b *Bad) Unwrap() error { return b.Err }

// Names reads names as people write them, one on each line; an address of a page counts as its name.
func Names(list, text string) (names []string, err error) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		host := line
		if u, err := url.Parse(line); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			host = u.Hostname()
		}
		clean, err := hostname.Clean(strings.TrimPrefix(host, "*."))
		if err != nil {
			return nil, &Bad{List: list, Line: short(line), Err: err}
		}
		names = append(names, clean)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// tidy checks a state and puts it in order.
func (s *State) tidy(known *apps.Catalogue) error {
	s.Name = strings.TrimSpace(s.Name)
	if len([]rune(s.Name)) > MaxName || strings.ContainsAny(s.Name, "\r\n\x00") {
		return ErrName
	}
	if !slices.Contains([]string{"", wire.DNSReport, wire.DNSBlock, wire.DNSOff}, s.DNS) || !slices.Contains([]string{"", wire.FilesTell, wire.FilesStop}, s.Files) {
		return ErrValue
	}
	for _, list := range []*[]string{&s.Block, &s.Open, &s.Allow, &s.Deny, &s.Free, &s.Groups} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	if len(s.Block) > MaxItems || len(s.Open) > MaxItems || len(s.Allow) > MaxNames || len(s.Deny) > MaxNames {
		return ErrMany
	}
	for _, item := range slices.Concat(s.Block, s.Open) {
		if !itemKnown(known, item) {
			return ErrItem
		}
	}
	for _, f := range s.Free {
		if !slices.Contains(Switches, f) {
			return ErrValue
		}
	}
	if err := s.tidyGroups(func(item string) bool { return itemKnown(known, item) }); err != nil {
		return err
	}
	for list, names := range map[string][]string{"allow": s.Allow, "deny": s.Deny} {
		for _, n := range names {
			if clean, err := hostname.Clean(n); err != nil || clean != n {
				return &Bad{List: list, Line: short(n), Err: hostname.ErrName}
			}
		}
	}
	for _, n := range s.Allow {
		if _, both := slices.BinarySearch(s.Deny, n); both {
			return &Bad{List: "allow", Line: n, Err: ErrBoth}
		}
	}
	return nil
}

func itemKnown(known *apps.Catalogue, item string) bool {
	if id, ok := strings.CutPrefix(item, Category); ok {
		_, ok = known.Category(id)
		return ok
	}
	id, ok := strings.CutPrefix(item, App)
	if ok {
		_, ok = known.App(id)
	}
	return ok
}

// From says where a line of what counts comes from.
type From string

// Sources.
const (
	FromTemplate From = "template"
	FromCompany  From = "company"
)

// Line is one of what counts.
type Line struct {
	Value string
	From  From
}

// Counts is what counts at a company.
type Counts struct {
	Block, Open, Allow, Deny []Line
	DNS, Files               Line // Value "" is what the box does by itself
	Groups                   []Group
}

// Effective works out what counts: the company's word over the template's, for each line.
func Effective(template, company *State) (c Counts) {
	for _, item := range template.Block {
		if !slices.Contains(company.Open, item) {
			c.Block = append(c.Block, Line{item, FromTemplate})
		}
	}
	for _, item := range company.Block {
		if !slices.Contains(template.Block, item) {
			c.Block = append(c.Block, Line{item, FromCompany})
		}
	}
	for _, item := range company.Open {
		c.Open = append(c.Open, Line{item, FromCompany})
	}
	names := func(of, ours, theirs []string) (all []Line) {
		for _, n := range of {
			if !slices.Contains(theirs, n) {
				all = append(all, Line{n, FromTemplate})
			}
		}
		for _, n := range ours {
			if !slices.Contains(of, n) {
				all = append(all, Line{n, FromCompany})
			}
		}
		return all
	}
	c.Allow = names(template.Allow, company.Allow, company.Deny)
	c.Deny = names(template.Deny, company.Deny, company.Allow)
	one := func(theirs, ours string) Line {
		if ours != "" {
			return Line{ours, FromCompany}
		}
		return Line{theirs, FromTemplate}
	}
	c.DNS, c.Files = one(template.DNS, company.DNS), one(template.Files, company.Files)
	c.Groups = company.GroupsOf()
	return c
}

// Wire is it as boxes are told, without a name yet.
func (c *Counts) Wire(known *apps.Catalogue) wire.Policy {
	p := wire.Policy{EncryptedDNS: c.DNS.Value, Files: c.Files.Value, Allow: values(c.Allow), Deny: values(c.Deny)}
	var b wire.PolicyBlock
	for _, l := range c.Block {
		if id, ok := strings.CutPrefix(l.Value, Category); ok {
			b.Categories = append(b.Categories, id)
		} else {
			b.Applications = append(b.Applications, strings.TrimPrefix(l.Value, App))
		}
	}
	for _, l := range c.Open {
		id, ok := strings.CutPrefix(l.Value, App)
		if app, is := known.App(id); ok && is && slices.Contains(b.Categories, app.Category) {
			b.Except = append(b.Except, id)
		}
	}
	for _, list := range [][]string{b.Applications, b.Categories, b.Except} {
		slices.Sort(list)
	}
	if len(b.Applications)+len(b.Categories) > 0 {
		p.Blocks = []wire.PolicyBlock{b}
	}
	wireGroups(&p, c.Groups)
	return p
}

func values(lines []Line) (all []string) {
	for _, l := range lines {
		all = append(all, l.Value)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Change is what a step did to one thing.
type Change struct {
	What           string   // "name", "template", "dns", "files", "block", "open", "allow", "deny", "free", "groups"
	Was, Is        string   // of what has one value
	Added, Removed []string // of lists
}

func (s *State) lists() map[string]*[]string {
	return map[string]*[]string{"block": &s.Block, "open": &s.Open, "allow": &s.Allow, "deny": &s.Deny, "free": &s.Free, "groups": &s.Groups}
}

func (s *State) singles() map[string]*string {
	return map[string]*string{"name": &s.Name, "template": &s.Template, "dns": &s.DNS, "files": &s.Files}
}

var order = []string{"name", "template", "dns", "files", "block", "open", "allow", "deny", "free", "groups"}

// Changes lists what differs.
func Changes(before, after *State) (all []Change) {
	b1, a1, b2, a2 := before.singles(), after.singles(), before.lists(), after.lists()
	for _, what := range order {
		if a, ok := a1[what]; ok {
			if *a != *b1[what] {
				all = append(all, Change{What: what, Was: *b1[what], Is: *a})
			}
			continue
		}
		c := Change{What: what, Added: minus(*a2[what], *b2[what]), Removed: minus(*b2[what], *a2[what])}
		if len(c.Added)+len(c.Removed) > 0 {
			all = append(all, c)
		}
	}
	return all
}

func minus(a, b []string) (all []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			all = append(all, s)
		}
	}
	return all
}

// undo takes back what a step changed, and leaves what was changed after it.
func undo(now, before, after State) State {
	out := now
	b, s := before.singles(), out.singles()
	for what, is := range after.singles() {
		if *is != *b[what] && *s[what] == *is {
			*s[what] = *b[what]
		}
	}
	bl, l := before.lists(), out.lists()
	for what, is := range after.lists() {
		list := minus(*l[what], minus(*is, *bl[what]))
		for _, v := range minus(*bl[what], *is) {
			if !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
		*l[what] = list
	}
	return out
}
