package survey_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/survey"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
)

const (
	first  = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	second = "bbbbbbbbbbbbbbbbbbbbbbbbbb"
)

type house struct {
	*testing.T
	s       *store.Store
	clock   *clock.Fake
	svc     *survey.Service
	tenants *tenant.Service
	// parent is looked at by nobody; north and south let it look, other does not.
	parent, north, south, other string
	answerer                    string // a person of north
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) is(err, want error) {
	h.Helper()
	if !errors.Is(err, want) {
		h.Errorf("%v, want %v", err, want)
	}
}

func suite(t *testing.T, fn func(h *house)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		h := &house{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC))}
		h.tenants = tenant.New(tenant.Config{Store: s, Clock: h.clock})
		h.svc = survey.New(survey.Config{Store: s, Shares: h.tenants, Clock: h.clock})
		for name, id := range map[string]*string{"本社": &h.parent, "北支社": &h.north, "南支社": &h.south, "他社": &h.other} {
			var err error
			*id, err = h.tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: name})
			h.must(err)
		}
		var err error
		h.answerer, err = h.tenants.AddPerson(t.Context(), "system", tenant.Person{TenantID: h.north, Email: "kita@north.example", Name: "北川", Role: tenant.RoleOwner, Lang: tenant.Japanese})
		h.must(err)
		for _, id := range []string{h.north, h.south} {
			h.look(id)
		}
		fn(h)
	}, tenant.Schema(), job.Schema(), survey.Schema())
}

// look lets the parent look at a company.
func (h *house) look(id string) {
	h.Helper()
	_, err := h.tenants.NewShare(h.Context(), "system", id, h.parent, []string{tenant.ShareFigures}, h.clock.Now().Add(100*24*time.Hour))
	h.must(err)
}

func (h *house) draft(id string) survey.Survey {
	return survey.Survey{ID: id, Title: "基本の 10問", Lead: "年に一度お聞きします。", Due: h.clock.Now().Add(10 * 24 * time.Hour),
		Questions: []survey.Question{{Kind: survey.Check, JA: "更新を入れている", EN: "Updates are installed"}, {Kind: survey.Text, JA: "困っていること"}}}
}

// run does the jobs of a kind that are due, and returns how many there were.
func (h *house) run(kind string) (n int) {
	h.Helper()
	type one struct{ id, owner, args string }
	var all []one
	h.must(h.s.Global(h.Context(), func(tx *store.GlobalTx) (err error) {
		all, err = store.Collect[one](tx.Query(`SELECT id, owner, args FROM job WHERE kind = $1 AND state = 'waiting' AND run_at <= $2 ORDER BY run_at, id`, kind, store.Micros(h.clock.Now())))(
			func(scan func(...any) error) (x one, err error) { return x, scan(&x.id, &x.owner, &x.args) })
		return err
	}))
	for _, x := range all {
		do := map[string]job.Handler{survey.KindSpread: h.svc.HandleSpread, survey.KindRemind: h.svc.HandleRemind, survey.KindDeliver: h.svc.HandleDeliver}[kind]
		if do != nil {
			h.must(do(h.Context(), x.owner, json.RawMessage(x.args)))
		}
		h.must(h.s.Global(h.Context(), func(tx *store.GlobalTx) error {
			_, err := tx.Exec(`DELETE FROM job WHERE id = $1`, x.id)
			return err
		}))
	}
	return len(all)
}

// TestJourney: asked, reminded, kept for later, answered, changed, closed.
func TestJourney(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		h.must(h.svc.Send(ctx, h.parent, "p", h.draft(first)))
		h.run(survey.KindSpread)
		if n := h.run(survey.KindTell); n != 2 {
			h.Errorf("%d companies are told", n)
		}
		if all, err := h.svc.Open(ctx, h.other); err != nil || len(all) != 0 {
			h.Errorf("who lets nobody look is asked: %v %v", all, err)
		}
		a, err := h.svc.AskedByID(ctx, h.north, first)
		h.must(err)
		if a.AskerName != "本社" || len(a.Questions) != 2 || a.Questions[0].In("en") != "Updates are installed" || a.Questions[1].In("en") != "困っていること" {
			h.Errorf("%+v", a)
		}
		answers := []survey.Answer{{Mark: "partly", Note: "1台だけ古い"}, {}}
		h.is(h.svc.Write(ctx, h.north, h.answerer, first, answers, true), survey.ErrUnanswered)
		h.must(h.svc.Write(ctx, h.north, h.answerer, first, answers, false))
		if a, _ = h.svc.AskedByID(ctx, h.north, first); a.Answers[0] != answers[0] || !a.Answered.IsZero() {
			h.Errorf("what was written is lost: %+v", a)
		}
		if h.run(survey.KindDeliver) != 0 {
			h.Error("a draft was sent")
		}
		h.clock.Advance(7*24*time.Hour + time.Minute)
		if h.run(survey.KindRemind); h.run(survey.KindTell) != 2 {
			h.Error("nobody is reminded three days before the last day")
		}
		answers[1].Note = "ありません"
		h.must(h.svc.Write(ctx, h.north, h.answerer, first, answers, true))
		h.run(survey.KindDeliver)
		_, replies, err := h.svc.Get(ctx, h.parent, first)
		h.must(err)
		if len(replies) != 2 || replies[0].Company != h.south || !replies[0].Answered.IsZero() || replies[1].By != "北川" || replies[1].Answers[0] != answers[0] || replies[1].Weak() != 1 {
			h.Errorf("%+v", replies)
		}
		h.clock.Advance(4*24*time.Hour + time.Minute)
		if h.run(survey.KindRemind); h.run(survey.KindTell) != 1 {
			h.Error("not only who has not answered is reminded")
		}
		// A share that ends takes away nothing that was sent, and a late answer is an answer.
		shares, err := h.tenants.Shares(ctx, h.north)
		h.must(err)
		h.must(h.tenants.EndShare(ctx, "o", h.north, shares[0].ID))
		answers[0] = survey.Answer{Mark: "yes"}
		h.must(h.svc.Write(ctx, h.north, h.answerer, first, answers, true))
		h.run(survey.KindDeliver)
		h.must(h.svc.Close(ctx, h.parent, "p", first))
		h.run(survey.KindSpread)
		h.is(h.svc.Write(ctx, h.north, h.answerer, first, answers, true), survey.ErrClosed)
		h.is(h.svc.Write(ctx, h.south, "x", first, answers, false), survey.ErrClosed)
		if _, replies, _ = h.svc.Get(ctx, h.parent, first); replies[1].Answers[0].Mark != "yes" {
			h.Errorf("%+v", replies)
		}
	})
}

// TestOnce: what is sent twice, by two people or after a fall, is one questionnaire and one mail each.
func TestOnce(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := h.svc.Send(ctx, h.parent, "p", h.draft(first)); err != nil {
					h.Error(err)
				}
			})
		}
		all.Wait()
		raw := json.RawMessage(`{"id":"` + first + `"}`)
		for range 3 {
			h.must(h.svc.HandleSpread(ctx, h.parent, raw))
		}
		if made, err := h.svc.Made(ctx, h.parent); err != nil || len(made) != 1 {
			h.Errorf("%d questionnaires, %v", len(made), err)
		}
		if n := h.run(survey.KindTell); n != 2 {
			h.Errorf("%d mails", n)
		}
		h.is(h.svc.Urge(ctx, h.parent, "p", first), survey.ErrSoon)
		h.look(h.other) // has come since
		h.clock.Advance(25 * time.Hour)
		h.must(h.svc.Urge(ctx, h.parent, "p", first))
		h.is(h.svc.Urge(ctx, h.parent, "p", first), survey.ErrSoon)
		h.must(h.svc.HandleSpread(ctx, h.parent, raw))
		h.must(h.svc.HandleSpread(ctx, h.parent, raw))
		h.run(survey.KindRemind)
		if n := h.run(survey.KindTell); n != 3 {
			h.Errorf("%d mails: two are reminded, one is asked", n)
		}
	})
}

// TestNotYours: what is another's does not exist.
func TestNotYours(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		h.must(h.svc.Send(ctx, h.parent, "p", h.draft(first)))
		h.run(survey.KindSpread)
		for _, id := range []string{h.north, h.other} {
			_, _, err := h.svc.Get(ctx, id, first)
			h.is(err, store.ErrNotFound)
			h.is(h.svc.Urge(ctx, id, "x", first), store.ErrNotFound)
			h.is(h.svc.Close(ctx, id, "x", first), store.ErrNotFound)
		}
		_, err := h.svc.AskedByID(ctx, h.other, first)
		h.is(err, store.ErrNotFound)
		h.is(h.svc.Write(ctx, h.other, "x", first, []survey.Answer{{Mark: "yes"}, {Note: "x"}}, true), store.ErrNotFound)
		// Nobody takes another's number for their own.
		h.must(h.svc.Send(ctx, h.parent, "p", h.draft(second)))
		h.is(h.svc.Send(ctx, h.other, "x", h.draft(second)), survey.ErrNobody)
	})
}

func TestBadInput(t *testing.T) {
	suite(t, func(h *house) {
		ctx := h.Context()
		for _, x := range []struct {
			want error
			bad  func(v *survey.Survey)
		}{
			{survey.ErrTitle, func(v *survey.Survey) { v.Title = " \u3000" }},
			{survey.ErrTitle, func(v *survey.Survey) { v.Title = strings.Repeat("あ", 81) }},
			{survey.ErrLead, func(v *survey.Survey) { v.Lead = strings.Repeat("あ", 501) }},
			{survey.ErrQuestions, func(v *survey.Survey) { v.Questions = nil }},
			{survey.ErrQuestions, func(v *survey.Survey) { v.Questions = slices.Repeat(v.Questions, 11) }},
			{survey.ErrQuestions, func(v *survey.Survey) { v.Questions[0].JA = strings.Repeat("x", 301) }},
			{survey.ErrQuestions, func(v *survey.Survey) { v.Questions[0].Kind = "photo" }},
			{survey.ErrDue, func(v *survey.Survey) { v.Due = h.clock.Now() }},
			{survey.ErrDue, func(v *survey.Survey) { v.Due = time.Time{} }},
			{survey.ErrDue, func(v *survey.Survey) { v.Due = h.clock.Now().AddDate(1, 0, 0) }},
			{store.ErrNotFound, func(v *survey.Survey) { v.ID = "../../etc" }},
			{store.ErrNotFound, func(v *survey.Survey) { v.ID = "" }},
		} {
			v := h.draft(first)
			x.bad(&v)
			h.is(h.svc.Send(ctx, h.parent, "p", v), x.want)
		}
		h.must(h.svc.Send(ctx, h.parent, "p", h.draft(first)))
		h.run(survey.KindSpread)
		for _, bad := range [][]survey.Answer{nil, {{Mark: "yes"}}, {{Mark: "sure"}, {Note: "x"}}, {{Mark: "yes"}, {Mark: "yes", Note: "x"}}, {{Mark: "yes"}, {Note: strings.Repeat("あ", 501)}}} {
			h.is(h.svc.Write(ctx, h.north, h.answerer, first, bad, true), survey.ErrAnswer)
		}
	})
}
