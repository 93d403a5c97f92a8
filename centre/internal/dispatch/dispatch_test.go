package dispatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/dispatch"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

// office is a centre with one company and a clock.
type office struct {
	*testing.T
	s     *store.Store
	svc   *dispatch.Service
	clock *clock.Fake
	own   string
	other string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// on runs a test on both engines, on a Saturday at 22:10.
func on(t *testing.T, test func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(time.Date(2026, 11, 28, 22, 10, 0, 0, ja.Zone))}
		tenants := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		must(t, tenants.EnsureHouse(t.Context(), "商工会議所"))
		var err error
		o.own, err = tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "株式会社さくら金属"})
		must(t, err)
		o.other, err = tenants.CreateCompany(t.Context(), "system", tenant.Company{Name: "Other"})
		must(t, err)
		o.svc = dispatch.New(dispatch.Config{Store: s, Clock: o.clock})
		test(o)
	}, tenant.Schema(), job.Schema(), attach.Schema(), dispatch.Schema())
}

func (o *office) vendor(name, postcode string, change func(v *dispatch.Vendor)) string {
	o.Helper()
	v := dispatch.Vendor{Name: name, Phone: "06-1234-5678", Email: "v@" + postcode + ".example", Postcode: postcode, Areas: []string{"大阪府"}, Skills: []string{"first"}, Days: "1234567", Opens: "00:00", Shuts: "00:00", From: "2026-10-01", Yen: 16500, Lang: "ja"}
	if change != nil {
		change(&v)
	}
	id, err := o.svc.PutVendor(o.Context(), "test", v)
	must(o.T, err)
	return id
}

var brief = dispatch.Brief{Company: "株式会社さくら金属", Contact: "佐倉", Phone: "0612345678", Postcode: "540-0029", Address: "大阪府大阪市中央区本町橋2-8", Skill: "first", Urgent: true, Seen: "攻撃者のサーバーへ通信", Device: "経理のPC", Did: "LANを抜いた", First: "写真を撮る", Keep: "電源を切らない", Lang: "ja"}

func (o *office) ask() string {
	o.Helper()
	id, err := o.svc.Ask(o.Context(), o.own, "desk", dispatch.Wish{AlertID: "1-1", Brief: brief})
	must(o.T, err)
	return id
}

func (o *office) get(id string) dispatch.Whole {
	o.Helper()
	w, err := o.svc.Get(o.Context(), o.own, id)
	must(o.T, err)
	return w
}

func (o *office) token(id string, seq int) string {
	o.Helper()
	token, err := o.svc.NewToken(o.Context(), o.own, id, seq)
	must(o.T, err)
	return token
}

func (o *office) due(id string, seq int) {
	o.Helper()
	must(o.T, o.svc.HandleDue(o.Context(), o.own, json.RawMessage(fmt.Sprintf(`{"id":%q,"seq":%d}`, id, seq))))
}

func (o *office) is(id string, want dispatch.State, vendor string) {
	o.Helper()
	if w := o.get(id); w.State != want || w.State == dispatch.Offered && w.Offers[len(w.Offers)-1].VendorName != vendor {
		o.Errorf("%s %+v, want %s %s", w.State, w.Offers, want, vendor)
	}
}

// upload is a picture whose bytes are its name.
func (o *office) upload(name string) *attach.Upload {
	o.Helper()
	u, err := attach.Check(name, strings.NewReader("\xff\xd8\xff\xe0\x00\x10JFIF"+name), attach.JPEG)
	must(o.T, err)
	return &u
}

func (o *office) jobs(kind string) (n int) {
	o.Helper()
	must(o.T, o.s.Read(o.Context(), o.own, func(tx *store.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM job WHERE owner = $1 AND kind = $2`, kind).Scan(&n)
	}))
	return n
}

// Whoever is near, able and awake is asked, one after the other; when nobody is left the desk hears of it.
func TestNearestFirstAndTheNextWhenSilent(t *testing.T) {
	on(t, func(o *office) {
		o.vendor("近い", "5400001", nil)
		o.vendor("同じ町", "5400028", nil)
		o.vendor("別の県", "6500001", func(v *dispatch.Vendor) { v.Areas = []string{"兵庫県", "65"} })
		o.vendor("寝ている", "5400029", func(v *dispatch.Vendor) { v.Opens, v.Shuts = "09:00", "18:00" })
		o.vendor("できない", "5400029", func(v *dispatch.Vendor) { v.Skills = []string{"server"} })
		o.vendor("契約の終わった", "5400029", func(v *dispatch.Vendor) { v.Until = "2026-11-27" })
		id := o.ask()
		o.is(id, dispatch.Offered, "同じ町")
		first := o.token(id, 1)
		o.due("gone", 1) // a job of something that is not there is no error
		o.clock.Advance(dispatch.DefaultPatience)
		o.due(id, 1)
		o.due(id, 1) // twice asks once
		o.is(id, dispatch.Offered, "近い")
		if err := o.svc.Accept(o.Context(), first, "23時"); !errors.Is(err, dispatch.ErrExpired) {
			t.Errorf("after its time: %v", err)
		}
		must(t, o.svc.Decline(o.Context(), o.token(id, 2), "別の現場にいます"))
		o.is(id, dispatch.Nobody, "")
		if n := o.jobs(dispatch.KindTell); n != 1 {
			t.Errorf("the desk is told %d times", n)
		}
		o.vendor("朝の人", "5400029", func(v *dispatch.Vendor) { v.Areas = []string{"540"} })
		must(t, o.svc.Again(o.Context(), o.own, id, "desk"))
		o.is(id, dispatch.Offered, "朝の人")
	})
}

func TestFromOfferToTheDecision(t *testing.T) {
	on(t, func(o *office) {
		ctx := o.Context()
		o.vendor("同じ町", "5400028", nil)
		id := o.ask()
		token := o.token(id, 1)
		if w, offer, err := o.svc.ByToken(ctx, token); err != nil || w.Brief.Keep != "電源を切らない" || offer.Due.Sub(offer.At) != dispatch.DefaultPatience {
			t.Fatalf("%+v %+v %v", w, offer, err)
		}
		for _, forged := range []string{"", "x", strings.ToUpper(token), token + "x"} {
			if _, _, err := o.svc.ByToken(ctx, forged); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q: %v", forged, err)
			}
		}
		report := dispatch.Report{Found: "偽の更新プログラム", Did: "隔離し、写真を残した", Known: false, Advice: "パスワードの変更", Costs: []dispatch.Cost{{"出張", 16500}, {"作業2時間", 44000}}, Signer: "佐倉 花子"}
		if err := o.svc.Finish(ctx, token, report, nil); !errors.Is(err, dispatch.ErrState) {
			t.Errorf("a report before anybody came: %v", err)
		}
		must(t, o.svc.Accept(ctx, token, "本日23時ごろ"))
		if err := o.svc.Accept(ctx, token, "again"); !errors.Is(err, dispatch.ErrState) {
			t.Errorf("accepted twice: %v", err)
		}
		if w := o.get(id); w.VendorPhone != "06-1234-5678" || w.Arrival != "本日23時ごろ" {
			t.Errorf("the customer reads %+v", w.Dispatch)
		}
		for _, to := range []dispatch.State{dispatch.Travelling, dispatch.Arrived, dispatch.Arrived, dispatch.Working} {
			must(t, o.svc.Step(ctx, token, to))
		}
		if err := o.svc.Step(ctx, token, dispatch.Closed); !errors.Is(err, dispatch.ErrState) {
			t.Errorf("a vendor closes: %v", err)
		}
		must(t, o.svc.Attach(ctx, token, dispatch.Photo, o.upload("a.jpg")))
		must(t, o.svc.Attach(ctx, token, dispatch.Photo, o.upload("a.jpg"))) // sent twice, kept once
		for n := range dispatch.MaxPhotos - 1 {
			must(t, o.svc.Attach(ctx, token, dispatch.Photo, o.upload(fmt.Sprint(n))))
		}
		if err := o.svc.Attach(ctx, token, dispatch.Photo, o.upload("one more")); !errors.Is(err, dispatch.ErrTooMany) {
			t.Errorf("a photo too many: %v", err)
		}
		unsigned := report
		unsigned.Signer = " "
		var field *dispatch.FieldError
		if err := o.svc.Finish(ctx, token, unsigned, nil); !errors.As(err, &field) || field.Field != "signer" {
			t.Errorf("without a signature: %v", err)
		}
		must(t, o.svc.Finish(ctx, token, report, o.upload("sign")))
		if w := o.get(id); w.State != dispatch.Done || w.Report.Sum() != 60_500 || !w.Report.Drawn || len(w.Files) != dispatch.MaxPhotos+1 {
			t.Errorf("%+v, %d files", w.Report, len(w.Files))
		}
		if err := o.svc.Close(ctx, o.own, id, "desk", " "); !errors.Is(err, dispatch.ErrDecision) {
			t.Errorf("closed without knowing why: %v", err)
		}
		must(t, o.svc.Follow(ctx, o.own, id, "desk", "メーカーの回答待ち"))
		must(t, o.svc.Attach(ctx, token, dispatch.Invoice, o.upload("invoice")))
		must(t, o.svc.Close(ctx, o.own, id, "desk", "メーカーと初期化で合意"))
		if w := o.get(id); w.Decision != "メーカーと初期化で合意" || w.DecidedBy != "desk" {
			t.Errorf("%+v", w.Dispatch)
		}
		o.clock.Advance(dispatch.Sight)
		if w, _, err := o.svc.ByToken(ctx, token); !errors.Is(err, dispatch.ErrExpired) || w.Brief.Company != "" {
			t.Errorf("two weeks later the vendor still sees %+v, %v", w.Brief, err)
		}
		if _, err := o.svc.Get(ctx, o.other, id); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another company: %v", err)
		}
	})
}

// Two of the desk send somebody at the same second: one visit. Two taps on "accept", and a deadline that ends meanwhile: one vendor.
func TestAtTheSameSecond(t *testing.T) {
	on(t, func(o *office) {
		o.vendor("A", "5400028", nil)
		o.vendor("B", "5400001", nil)
		var wait sync.WaitGroup
		at := func(n int, do func(i int) error) (ok int) {
			errs := make([]error, n)
			for i := range n {
				wait.Go(func() { errs[i] = do(i) })
			}
			wait.Wait()
			for _, err := range errs {
				switch {
				case err == nil:
					ok++
				case !errors.Is(err, dispatch.ErrRunning) && !errors.Is(err, dispatch.ErrState) && !errors.Is(err, dispatch.ErrExpired):
					t.Error(err)
				}
			}
			return ok
		}
		ids := make([]string, 4)
		if n := at(4, func(i int) (err error) {
			ids[i], err = o.svc.Ask(o.Context(), o.own, fmt.Sprint("desk", i), dispatch.Wish{AlertID: "1-1", Brief: brief})
			return err
		}); n != 1 || ids[0] != ids[1] || ids[0] != ids[2] || ids[0] != ids[3] {
			t.Fatalf("%d visits: %q", n, ids)
		}
		id := ids[0]
		token := o.token(id, 1)
		raw := json.RawMessage(fmt.Sprintf(`{"id":%q,"seq":1}`, id))
		at(4, func(i int) error {
			if i == 0 {
				return o.svc.HandleDue(context.WithoutCancel(o.Context()), o.own, raw)
			}
			return o.svc.Accept(o.Context(), token, fmt.Sprint(i))
		})
		w := o.get(id)
		open := 0
		for _, one := range w.Offers {
			if one.Answer == "" || one.Answer == dispatch.AnswerAccepted {
				open++
			}
		}
		if open != 1 || w.State != dispatch.Accepted && w.State != dispatch.Offered {
			t.Errorf("%s: %+v", w.State, w.Offers)
		}
		a, err := o.svc.Ask(o.Context(), o.own, "desk", dispatch.Wish{Once: "form", Brief: brief})
		must(t, err)
		b, err := o.svc.Ask(o.Context(), o.own, "desk", dispatch.Wish{Once: "form", Brief: brief})
		if a != b || !errors.Is(err, dispatch.ErrRunning) {
			t.Errorf("a form sent twice: %q, %q, %v", a, b, err)
		}
	})
}

func TestGivenBackAndCalledOff(t *testing.T) {
	on(t, func(o *office) {
		o.vendor("A", "5400028", nil)
		o.vendor("B", "5400001", nil)
		id := o.ask()
		a := o.token(id, 1)
		must(t, o.svc.Accept(o.Context(), a, "23時"))
		must(t, o.svc.Decline(o.Context(), a, "車が動かない"))
		o.is(id, dispatch.Offered, "B")
		if _, _, err := o.svc.ByToken(o.Context(), a); !errors.Is(err, dispatch.ErrExpired) {
			t.Errorf("who gave it back still sees it: %v", err)
		}
		b := o.token(id, 2)
		if err := o.svc.Cancel(o.Context(), o.own, id, "desk", ""); err == nil {
			t.Error("called off without a reason")
		}
		must(t, o.svc.Cancel(o.Context(), o.own, id, "desk", "お客様が断った"))
		if err := o.svc.Accept(o.Context(), b, "now"); !errors.Is(err, dispatch.ErrExpired) {
			t.Errorf("accepted what was called off: %v", err)
		}
		o.ask() // the same alert may be visited again
	})
}

func TestWhatAVendorIs(t *testing.T) {
	t.Parallel()
	good := dispatch.Vendor{Name: "A", Phone: "0612345678", Email: "a@b.example", Postcode: "5400028", Areas: []string{"54"}, Skills: []string{"first"}, Days: "15", Opens: "22:00", Shuts: "06:00", From: "2026-10-01"}
	for name, bad := range map[string]func(v *dispatch.Vendor){
		"name": func(v *dispatch.Vendor) { v.Name = "" }, "phone": func(v *dispatch.Vendor) { v.Phone = "110x" }, "email": func(v *dispatch.Vendor) { v.Email = "a@b.example\r\nBcc: x@x.example" },
		"postcode": func(v *dispatch.Vendor) { v.Postcode = "1" }, "areas": func(v *dispatch.Vendor) { v.Areas = []string{" "} }, "skills": func(v *dispatch.Vendor) { v.Skills = []string{"magic"} },
		"days": func(v *dispatch.Vendor) { v.Days = "8" }, "opens": func(v *dispatch.Vendor) { v.Opens = "9:00" }, "shuts": func(v *dispatch.Vendor) { v.Shuts = "25:00" },
		"from": func(v *dispatch.Vendor) { v.From = "soon" }, "until": func(v *dispatch.Vendor) { v.Until = "2026-01-01" }, "yen": func(v *dispatch.Vendor) { v.Yen = -1 },
	} {
		v := good
		bad(&v)
		var field *dispatch.FieldError
		if err := v.Tidy(); !errors.As(err, &field) || field.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, good.Tidy())
	for at, want := range map[string]bool{"2026-11-27T21:59": false, "2026-11-27T22:00": true, "2026-11-28T05:59": true, "2026-11-28T06:00": false, "2026-11-28T22:30": false, "2026-09-28T23:00": false} { // a Friday, and the night after it
		now, err := time.ParseInLocation("2006-01-02T15:04", at, ja.Zone)
		must(t, err)
		if got := good.Answers(now); got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
}
