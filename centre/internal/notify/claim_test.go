package notify

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"otasuke/centre/internal/cover"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

var _ Claims = (*cover.Service)(nil)

// pile has one claim.
type pile struct {
	c     cover.Claim
	other string // of another insurer
}

func (p *pile) GetSent(context.Context, string, string) (cover.Claim, error) { return p.c, nil }

func (p *pile) Get(context.Context, string, string) (cover.Claim, error) { return p.c, nil }

func (p *pile) Decides(_ context.Context, personID string, _ *cover.Claim) (bool, error) {
	return personID != p.other, nil
}

// The insurer's people are told of a claim, once each, without whose it is; the desk and customers are not, and nobody once it is decided.
func TestClaimMails(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		p := &pile{c: cover.Claim{TenantID: d.id, ID: "c1", State: cover.Sent, Asked: 50_000, Sent: d.cfg.Clock.Now()}}
		d.cfg.Claims = p
		if _, err := d.people.AddPerson(t.Context(), "system", tenant.Person{TenantID: tenant.House, Email: "ogawa@insurer.example", Name: "小川", Role: tenant.RoleInsurer}); err != nil {
			t.Fatal(err)
		}
		var err error
		if p.other, err = d.people.AddPerson(t.Context(), "system", tenant.Person{TenantID: tenant.House, Email: "other@insurer.example", Name: "他社", Role: tenant.RoleInsurer}); err != nil {
			t.Fatal(err)
		}
		if err := d.HandleClaim(t.Context(), d.id, json.RawMessage(`{"id":"c1"}`)); err != nil {
			t.Fatal(err)
		}
		var waiting []string
		if err := d.cfg.Store.Read(t.Context(), d.id, func(tx *store.Tx) (err error) {
			waiting, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2`, cover.KindTell))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
			return err
		}); err != nil || len(waiting) != 1 {
			t.Fatalf("%v, %v", waiting, err)
		}
		if err := d.HandleClaim(t.Context(), d.id, json.RawMessage(waiting[0])); err != nil {
			t.Fatal(err)
		}
		got := d.post.to("ogawa@insurer.example")
		if len(got) != 1 || !strings.Contains(got[0].Text, "/claims/"+d.id+"/c1") || !strings.Contains(got[0].Text, "50,000") || strings.Contains(got[0].Subject+got[0].Text, "佐藤") {
			t.Fatalf("%+v", got)
		}
		p.c.State = cover.Paid
		if err := d.HandleClaim(t.Context(), d.id, json.RawMessage(waiting[0])); err != nil {
			t.Fatal(err)
		}
		if n := len(d.post.to("ogawa@insurer.example")); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

// The owners are told what the insurer decided, each once, in their language; who only reads is not.
func TestDecisionMails(t *testing.T) {
	onDesk(t, func(t *testing.T, d *desk) {
		p := &pile{c: cover.Claim{TenantID: d.id, ID: "c1", State: cover.Sent, Asked: 50_000, Decided: 42_900, By: "みほん損害保険"}}
		d.cfg.Claims = p
		before := len(d.post.mails)
		all := func() (args []string) {
			if err := d.cfg.Store.Read(t.Context(), d.id, func(tx *store.Tx) (err error) {
				args, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2`, cover.KindTell))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return args
		}
		tell := func(args string) {
			t.Helper()
			if err := d.HandleClaim(t.Context(), d.id, json.RawMessage(args)); err != nil {
				t.Fatal(err)
			}
		}
		if tell(`{"id":"c1","decided":true}`); len(all()) != 0 {
			t.Error("a claim that nobody has decided is told of")
		}
		for _, state := range []cover.State{cover.Paid, cover.Refused} {
			p.c.State, p.c.Why = state, map[cover.State]string{cover.Refused: "対象外の作業"}[state]
			for range 2 {
				tell(`{"id":"c1","decided":true}`)
			}
		}
		waiting := all()
		if len(waiting) == 0 || len(d.post.mails) != before {
			t.Fatalf("%q, %d mails", waiting, len(d.post.mails)-before)
		}
		for _, state := range []cover.State{cover.Paid, cover.Refused} {
			p.c.State = state
			for _, one := range waiting {
				tell(one)
			}
		}
		got := d.post.mails[before:]
		if len(got) != 2*len(waiting) {
			t.Fatalf("%d mails of %d jobs", len(got), len(waiting))
		}
		first, last := got[0].Text, got[len(got)-1].Text
		if !strings.Contains(first, "42,900") || !strings.Contains(first, "/cover") || strings.Contains(last, "42,900") || !strings.Contains(last, "対象外の作業") {
			t.Errorf("%s\n\n%s", first, last)
		}
	})
}
