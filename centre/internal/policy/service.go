package policy

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
	"otasuke/content/apps"
	"otasuke/internal/clock"
	"otasuke/wire"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of this package.
func Schema() store.Schema { return store.Sub("policy", migrations) }

const (
	// Standard is the template of who has chosen none; it asks for nothing beyond what boxes do by themselves, until an
	// operator changes it.
	Standard = "standard"
	// maxTemplates keeps the list readable.
	maxTemplates = 50
	// MaxSteps of a history are shown.
	MaxSteps = 100
	// fresh is how long templates that were read are used.
	fresh = time.Second
	// minWhy characters a reason has at least.
	minWhy = 4
)

// builtin are the templates that come with the program, until somebody changes them.
var builtin = map[string]State{
	Standard: {Free: Switches},
	"strict": {Block: []string{Category + "adult", Category + "gambling", Category + "p2p", Category + "tunnel"}, DNS: wire.DNSBlock, Files: wire.FilesStop, Free: []string{FreeApps}},
	"school": {Block: []string{Category + "adult", Category + "gambling", Category + "game", Category + "p2p", Category + "social", Category + "tunnel"}, DNS: wire.DNSBlock, Files: wire.FilesStop},
}

// Errors.
var (
	// ErrStale tells that somebody has changed it meanwhile.
	ErrStale = errors.New("policy: somebody has changed this meanwhile")
	// ErrSame tells that nothing is changed.
	ErrSame = errors.New("policy: nothing is changed")
	// ErrWhy asks for a reason of 4 to 200 characters.
	ErrWhy = errors.New("policy: a reason is missing")
	// ErrNotFree tells that a template does not leave this to its companies.
	ErrNotFree = errors.New("policy: the template does not leave this free")
	// ErrUndone tells that nothing is left of a step that could be taken back.
	ErrUndone = errors.New("policy: nothing is left of this step")
)

// Step is a change that was made.
type Step struct {
	Subject       string // of the house the template; "" of a company
	Seq           int64
	At            time.Time
	Who, Why      string
	Undoes        int64 // the step that it takes back; 0 for none
	Before, After State
}

// Template is one of the house. Seq is 0 for one that nobody has changed.
type Template struct {
	ID  string
	Seq int64
	At  time.Time
	State
}

// Own is what a company has said. Seq is 0 for nothing.
type Own struct {
	Seq int64
	At  time.Time
	State
	Template Template // that counts
}

// Counts is what counts.
func (o *Own) Counts() Counts { return Effective(&o.Template.State, &o.State) }

// Changed is when what counts has changed last.
func (o *Own) Changed() time.Time {
	if o.Template.At.After(o.At) {
		return o.Template.At
	}
	return o.At
}

// Said is what a box says of its policy.
type Said struct {
	BoxID string
	At    time.Time // first
	*wire.PolicyState
}

// Config says what the service works with.
type Config struct {
	Store *store.Store
	Known *apps.Catalogue
	// Stops are the dangers that are stopped for all, as discovery.Service knows them; nil for none.
	Stops func(ctx context.Context) (seq int64, stops []wire.Stop, files []wire.StopFile, err error)
	Clock clock.Clock // default: the machine's
}

// Service is safe for concurrent use.
type Service struct {
	Config
	mu        sync.Mutex
	read      time.Time
	changed   <-chan struct{} // after that
	templates map[string]Template
}

// New makes the service. Its tables must have been migrated.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Service{Config: cfg}
}

// TopicAll is the topic of changes that every company's boxes have to hear of.
const TopicAll = "policy"

func topic(tenantID string) string { return "policy:" + tenantID }

// Woken are closed when what a company wants may have changed: for it alone, for all.
func (s *Service) Woken(tenantID string) (own, all <-chan struct{}) {
	return s.Store.Woken(topic(tenantID)), s.Store.Woken(TopicAll)
}

func (s *Service) current(ctx context.Context) (map[string]Template, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Clock.Now()
	if !s.read.IsZero() && now.Sub(s.read) < fresh && !now.Before(s.read) {
		select {
		case <-s.changed:
		default:
			return s.templates, nil
		}
	}
	changed, all := s.Store.Woken(TopicAll), map[string]Template{}
	for id, state := range builtin {
		all[id] = Template{ID: id, State: state}
	}
	err := s.Store.Read(ctx, tenant.House, func(tx *store.Tx) error {
		list, err := lasts(tx)
		for _, x := range list {
			if x.Subject != "" {
				all[x.Subject] = Template{ID: x.Subject, Seq: x.Seq, At: x.At, State: x.After}
			}
		}
		return err
	})
	if err == nil {
		s.templates, s.read, s.changed = all, now, changed
	}
	return all, err
}

func (s *Service) forget() {
	s.mu.Lock()
	s.read = time.Time{}
	s.mu.Unlock()
}

// Templates are all of them, the standard first.
func (s *Service) Templates(ctx context.Context) ([]Template, error) {
	known, err := s.current(ctx)
	all := slices.Collect(maps.Values(known))
	slices.SortFunc(all, func(a, b Template) int {
		return cmp.Or(-cmp.Compare(rank(a.ID), rank(b.ID)), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return all, err
}

func rank(id string) int { return slices.Index([]string{"school", "strict", Standard}, id) }

// TemplateByID is one of them.
func (s *Service) TemplateByID(ctx context.Context, id string) (Template, error) {
	known, err := s.current(ctx)
	if err != nil {
		return Template{}, err
	}
	t, ok := known[id]
	if !ok {
		return t, store.ErrNotFound
	}
	return t, nil
}

// UsedBy counts the companies of each template; who asks is written down.
func (s *Service) UsedBy(ctx context.Context, who string) (map[string]int, error) {
	n := map[string]int{}
	err := s.Store.AsOperator(ctx, who, "companies of each template of policies", func(tx *store.AllTx) error {
		all, err := tenant.All(tx)
		if err != nil {
			return err
		}
		of, err := chosen(tx)
		for i := range all {
			if all[i].ID != tenant.House {
				n[cmp.Or(of[all[i].ID], Standard)]++
			}
		}
		return err
	})
	return n, err
}

// CheckTemplate says what is wrong with a template, and puts it in order.
func (s *Service) CheckTemplate(id string, state *State) error {
	if _, ours := builtin[id]; !ours && strings.TrimSpace(state.Name) == "" {
		return ErrName
	}
	state.Open, state.Template, state.Groups = nil, "", nil // devices are of one company
	return state.tidy(s.Known)
}

// SaveTemplate changes a template, or makes one where id is new and seq 0. seq is the step that was seen.
func (s *Service) SaveTemplate(ctx context.Context, who, why, id string, seq int64, state State) error {
	if !validID(id) {
		return ErrValue
	}
	if err := s.CheckTemplate(id, &state); err != nil {
		return err
	}
	known, err := s.current(ctx)
	if err != nil {
		return err
	}
	if _, ours := known[id]; !ours && len(known) >= maxTemplates {
		return ErrMany
	}
	defer s.forget()
	return s.step(ctx, tenant.House, id, who, why, seq, 0, func(State) (State, error) { return state, nil })
}

// NewID is the id of a template that is to be made.
func NewID() string { return "t" + strings.ToLower(rand.Text()) }

func validID(id string) bool {
	return id != "" && len(id) <= wire.MaxWord && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Of is what a company wants.
func (s *Service) Of(ctx context.Context, tenantID string) (o Own, err error) {
	known, err := s.current(ctx)
	if err != nil {
		return o, err
	}
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) error {
		x, err := last(tx, "")
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		o.Seq, o.At, o.State = x.Seq, x.At, x.After
		return err
	})
	var ok bool
	if o.Template, ok = known[cmp.Or(o.State.Template, Standard)]; !ok {
		o.Template = known[Standard]
	}
	o.State.Template = o.Template.ID
	return o, err
}

// Save has a company differ from a template. free is true for who may change what the template does not leave to companies.
func (s *Service) Save(ctx context.Context, tenantID, who, why string, seq int64, state State, free bool) error {
	if state.Template == "" {
		state.Template = Standard
	}
	template, err := s.TemplateByID(ctx, state.Template)
	if err != nil {
		return err
	}
	state.Name, state.Free = "", nil
	if err := state.tidy(s.Known); err != nil {
		return err
	}
	return s.step(ctx, tenantID, "", who, why, seq, 0, func(before State) (State, error) {
		if !free {
			if err := allowed(&template, &before, &state); err != nil {
				return state, err
			}
		}
		return state, nil
	})
}

// allowed tells whether a company may change something by itself.
func allowed(t *Template, before, after *State) error {
	for _, c := range Changes(before, after) {
		needs := map[string]string{"dns": FreeDNS, "files": FreeFiles, "block": FreeApps, "open": FreeApps, "template": "-"}[c.What]
		if c.What == "groups" && slices.ContainsFunc(slices.Concat(c.Added, c.Removed), func(line string) bool {
			_, kind, _, _ := GroupLine(line)
			return kind == GroupBlock
		}) {
			needs = FreeApps
		}
		if needs != "" && !slices.Contains(t.Free, needs) {
			return ErrNotFree
		}
	}
	return nil
}

// Undo takes back what a step changed and leaves what came later.
func (s *Service) Undo(ctx context.Context, tenantID, subject, who, why string, undone, seq int64, free bool) error {
	var old Step
	if err := s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		old, err = stepAt(tx, subject, undone)
		return err
	}); err != nil {
		return err
	}
	defer s.forget()
	var t Template
	if subject == "" && !free {
		o, err := s.Of(ctx, tenantID)
		if err != nil {
			return err
		}
		t = o.Template
	}
	err := s.step(ctx, tenantID, subject, who, why, seq, undone, func(now State) (State, error) {
		state := undo(now, old.Before, old.After)
		if subject == "" && !free {
			if err := allowed(&t, &now, &state); err != nil {
				return state, err
			}
		}
		return state, state.tidy(s.Known)
	})
	if errors.Is(err, ErrSame) {
		return ErrUndone
	}
	return err
}

// step writes a change down and wakes boxes.
func (s *Service) step(ctx context.Context, tenantID, subject, who, why string, seq, undoes int64, change func(State) (State, error)) error {
	if why = strings.TrimSpace(why); strings.ContainsFunc(why, unicode.IsControl) || utf8.RuneCountInString(why) < minWhy || utf8.RuneCountInString(why) > MaxWhy || !utf8.ValidString(why) {
		return ErrWhy
	}
	return s.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		before, err := latest(tx, subject)
		if err != nil {
			return err
		}
		if before.Seq != seq {
			return ErrStale
		}
		return s.put(tx, before, who, why, undoes, change)
	})
}

// latest is the last step about something, or how it is without any.
func latest(tx *store.Tx, subject string) (Step, error) {
	before, err := last(tx, subject)
	if errors.Is(err, store.ErrNotFound) {
		if before, err = (Step{After: builtin[subject]}), nil; subject == "" {
			before.After.Template = Standard
		}
	}
	before.Subject = subject
	return before, err
}

// put is the step after one.
func (s *Service) put(tx *store.Tx, before Step, who, why string, undoes int64, change func(State) (State, error)) (err error) {
	now := s.Clock.Now()
	next := Step{Subject: before.Subject, Seq: before.Seq + 1, At: now, Who: who, Why: why, Undoes: undoes, Before: before.After}
	if next.After, err = change(before.After); err != nil {
		return err
	}
	if len(Changes(&next.Before, &next.After)) == 0 {
		return ErrSame
	}
	if err := insertStep(tx, rand.Text(), &next); err != nil {
		return err
	}
	if tx.Tenant() == tenant.House {
		tx.WakeAll(TopicAll)
	} else {
		tx.WakeAll(topic(tx.Tenant()))
	}
	return tenant.Audit(tx, now, tenant.Entry{Who: who, Action: "policy.change", Object: cmp.Or(before.Subject, "policy"), Why: why})
}

// Allowable is the name that [Service.Allow] would let through of something that was blocked: of a page its site; "" of
// what has no name, as an address or a file.
func Allowable(what string) string {
	if names, err := Names("allow", what); err == nil && len(names) == 1 {
		return names[0]
	}
	return ""
}

// Allow has a company let a site through because somebody of the staff says so, and says whether it does now: not when
// the site has no name, or when its list is full. A company that had blocked the site itself blocks it no more.
func (s *Service) Allow(tx *store.Tx, who, why, what string) (bool, error) {
	name := Allowable(what)
	if name == "" {
		return false, nil
	}
	if r := []rune(why); len(r) > MaxWhy {
		why = string(r[:MaxWhy])
	}
	before, err := latest(tx, "")
	if err != nil {
		return false, err
	}
	err = s.put(tx, before, who, why, 0, func(state State) (State, error) {
		state.Allow = append(slices.Clone(state.Allow), name)
		state.Deny = slices.DeleteFunc(slices.Clone(state.Deny), func(n string) bool { return n == name })
		return state, state.tidy(s.Known)
	})
	switch {
	case errors.Is(err, ErrSame):
		return true, nil
	case errors.Is(err, ErrMany):
		return false, nil
	}
	return err == nil, err
}

// History lists the newest steps.
func (s *Service) History(ctx context.Context, tenantID, subject string) (all []Step, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = steps(tx, subject, MaxSteps)
		return err
	})
	return all, err
}

// Wanted is what the boxes of a company should have.
func (s *Service) Wanted(ctx context.Context, tenantID string) (p wire.Policy, err error) {
	o, err := s.Of(ctx, tenantID)
	if err != nil {
		return p, err
	}
	c := o.Counts()
	p = c.Wire(s.Known)
	if s.Stops != nil {
		if p.StopsSeq, p.Stops, p.StopFiles, err = s.Stops(ctx); err != nil {
			return p, err
		}
	}
	return p, p.Seal()
}

// Tell keeps what a box says of its policy, in the transaction of a heartbeat.
func (s *Service) Tell(tx *store.Tx, boxID string, state *wire.PolicyState) error {
	if state == nil {
		return nil
	}
	one := *state
	one.Since = time.Time{} // by our clock, and a box that starts anew says the same
	text, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	before, err := said(tx, boxID)
	if err != nil || before == string(text) {
		return err
	}
	return setSaid(tx, boxID, string(text), s.Clock.Now())
}

// Boxes is what a company's boxes say, by their ids; those that know of no policy are not there.
func (s *Service) Boxes(ctx context.Context, tenantID string) (all map[string]Said, err error) {
	err = s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		all, err = allSaid(tx)
		return err
	})
	return all, err
}
