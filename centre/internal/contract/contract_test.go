package contract_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/offer"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
)

// start is Saturday 21 November 2026, 14:05 in Japan.
var start = time.Date(2026, 11, 21, 14, 5, 0, 0, ja.Zone)

// fake stands for the boxes alone.
type fake struct{ boxes map[string][]device.Box }

func (f *fake) Boxes(_ context.Context, tenantID string) ([]device.Box, error) {
	return f.boxes[tenantID], nil
}

type desk struct {
	*testing.T
	s       *store.Store
	clock   *clock.Fake
	svc     *contract.Service
	tenants *tenant.Service
	boxes   *fake
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func suite(t *testing.T, fn func(d *desk)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		d := &desk{T: t, s: s, clock: clock.NewFake(start), boxes: &fake{boxes: map[string][]device.Box{}}}
		book, err := offer.Load()
		must(t, err)
		d.tenants = tenant.New(tenant.Config{Store: s, Clock: d.clock})
		must(t, d.tenants.EnsureHouse(t.Context(), "Centre"))
		d.svc = contract.New(contract.Config{Store: s, Companies: d.tenants, Boxes: d.boxes, Offers: book, Clock: d.clock})
		fn(d)
	}, tenant.Schema(), job.Schema(), attach.Schema(), contract.Schema())
}

func form() contract.Form {
	return contract.Form{Company: "株式会社　佐藤製作所", Kana: "さとうせいさくしょ", Corporate: "7000-0120-50002", Member: true, Chamber: "大阪商工会議所", MemberNo: "１２３",
		Industry: "manufacturing", PCs: "１２台", Line: "fibre", Router: "provider", Contact: "佐藤　花子", ContactKana: "ｻﾄｳ ﾊﾅｺ", Email: "Hanako@sato.example.jp", Phone: "０６ー１２３４ー５６７８",
		Postcode: "〒540-0029", Address: "大阪府大阪市中央区本町橋２−８", Passphrase: "みかん山", Consents: []string{"addresses", "names", "files", "devices", "partners", "made-up"}, Agreed: true, Lang: "ja"}
}

func (d *desk) enter(change func(*contract.Form)) (token string) {
	d.Helper()
	f := form()
	if change != nil {
		change(&f)
	}
	token, err := d.svc.Enter(d.Context(), f)
	must(d.T, err)
	return token
}

func (d *desk) state(token string) contract.Application {
	d.Helper()
	a, _, err := d.svc.ByToken(d.Context(), token)
	must(d.T, err)
	return a
}

func (d *desk) upload() *attach.Upload {
	d.Helper()
	u, err := attach.Check("signed.pdf", strings.NewReader("%PDF-1.7 signed"), attach.Papers...)
	must(d.T, err)
	return &u
}

func TestFromStrangerToCustomer(t *testing.T) {
	suite(t, func(d *desk) {
		token := d.enter(nil)
		a := d.state(token)
		f := a.Form
		if a.State != contract.Entered || f.Company != "株式会社 佐藤製作所" || f.Kana != "サトウセイサクショ" || f.Corporate != "7000012050002" || f.PCs != "12" || f.ContactKana != "サトウ ハナコ" || f.Phone != "06-1234-5678" || f.Postcode != "5400029" || slices.Contains(f.Consents, "made-up") || a.Offer != "2026-10" || a.Number != "" {
			d.Fatalf("%+v", a)
		}
		changed := form()
		changed.Passphrase = "ぶどう棚"
		must(t, d.svc.Change(d.Context(), token, changed))
		must(t, d.svc.Submit(d.Context(), token))
		must(t, d.svc.Submit(d.Context(), token)) // pressed twice
		a = d.state(token)
		if a.State != contract.Papers || len(a.Number) != 8 || a.Form.Passphrase != "ぶどう棚" {
			d.Fatalf("%+v", a)
		}
		if err := d.svc.Change(d.Context(), token, changed); !errors.Is(err, contract.ErrState) {
			d.Errorf("changed after it was sent: %v", err)
		}
		must(t, d.svc.Paper(d.Context(), token, d.upload()))
		must(t, d.svc.Paper(d.Context(), token, d.upload())) // a better photo
		if got, data, err := d.svc.File(d.Context(), a.ID); err != nil || got.Name != "signed.pdf" || string(data) != "%PDF-1.7 signed" {
			d.Errorf("%+v, %v", got, err)
		}
		must(t, d.svc.SendBack(d.Context(), a.ID, "op", "印影が切れています"))
		must(t, d.svc.Tick(d.Context(), a.ID, "op"))
		if err := d.svc.Accept(d.Context(), a.ID, "op", contract.Accepted{Member: true}); err == nil {
			d.Error("a member without proof")
		}
		must(t, d.svc.Accept(d.Context(), a.ID, "op", contract.Accepted{Member: true, Proof: "大阪商工会議所 123 会員名簿で確認"}))
		if err := d.svc.Accept(d.Context(), a.ID, "op2", contract.Accepted{}); !errors.Is(err, contract.ErrState) {
			d.Errorf("accepted by two: %v", err)
		}
		a = d.state(token)
		args := d.args(tenant.House, contract.KindFound)
		if len(args) != 1 {
			d.Fatalf("%d jobs", len(args))
		}
		for range 3 { // the process died, and did it again
			must(t, d.svc.HandleFound(d.Context(), tenant.House, []byte(args[0])))
		}
		company, err := d.tenants.CompanyByID(d.Context(), a.CompanyID)
		must(t, err)
		if company.Name != "株式会社 佐藤製作所" || company.Region != "27" || company.Size != 12 || company.Passphrase != "ぶどう棚" {
			d.Errorf("%+v", company)
		}
		invites, err := d.tenants.Invites(d.Context(), a.CompanyID)
		must(t, err)
		if len(invites) != 1 || invites[0].Email != "Hanako@sato.example.jp" || invites[0].Role != tenant.RoleOwner {
			d.Errorf("%+v", invites)
		}
		all, err := d.svc.Contracts(d.Context(), a.CompanyID)
		must(t, err)
		if len(all) != 1 || all[0].State != contract.Contracted || all[0].Offer != "2026-10" || all[0].Number != a.Number {
			d.Fatalf("%+v", all)
		}
		if d.state(token).State != contract.Contracted {
			d.Error("the applicant's page does not say so")
		}
		_, steps, members, err := d.svc.Contract(d.Context(), a.CompanyID, all[0].ID)
		must(t, err)
		if len(steps) != 1 || len(members) != 1 || !contract.MemberIn(members, "2026-12") || contract.MemberIn(members, "2026-10") {
			d.Errorf("%+v %+v", steps, members)
		}
		d.box(all[0])
	})
}

// box goes on with a contract until the box is back.
func (d *desk) box(c contract.Contract) {
	d.Helper()
	watched := func(want contract.State) {
		d.Helper()
		args := d.args(c.TenantID, contract.KindWatch)
		if len(args) != 1 {
			d.Fatalf("%d jobs watch", len(args))
		}
		must(d.T, d.svc.HandleWatch(d.Context(), c.TenantID, []byte(args[0])))
		got, _, _, err := d.svc.Contract(d.Context(), c.TenantID, c.ID)
		must(d.T, err)
		if got.State != want {
			d.Errorf("%s, want %s", got.State, want)
		}
		c = got
	}
	watched(contract.Contracted)
	must(d.T, d.s.Write(d.Context(), c.TenantID, func(tx *store.Tx) error {
		return d.svc.Advance(tx, c.ID, contract.Shipped, "op", "お問い合わせ番号 1234-5678-9012")
	}))
	d.clock.Advance(3 * 24 * time.Hour)
	d.boxes.boxes[c.TenantID] = []device.Box{{Claimed: d.clock.Now()}}
	watched(contract.Installed)
	if !c.Installed.Equal(d.clock.Now()) {
		d.Errorf("installed %s", c.Installed)
	}
	d.boxes.boxes[c.TenantID][0].LastSeen = d.clock.Now().Add(time.Minute)
	watched(contract.Active)
	must(d.T, d.svc.AskEnd(d.Context(), c.TenantID, c.ID, "p1", ""))
	must(d.T, d.svc.AskEnd(d.Context(), c.TenantID, c.ID, "p1", "twice"))
	must(d.T, d.svc.HandleEnd(d.Context(), c.TenantID, []byte(d.args(c.TenantID, contract.KindEnd)[0])))
	got, _, _, err := d.svc.Contract(d.Context(), c.TenantID, c.ID)
	must(d.T, err)
	// Installed on 24 November 2026: twelve months, and to the end of that month.
	if want := time.Date(2027, 12, 1, 0, 0, 0, 0, ja.Zone); got.State != contract.Active || !got.Ends.Equal(want) {
		d.Fatalf("%s, ends %s, want %s", got.State, got.Ends, want)
	}
	// Taken back and given again: the job of the first time leaves one for the day that counts now.
	must(d.T, d.svc.KeepOn(d.Context(), c.TenantID, c.ID, "p1"))
	d.clock.Advance(400 * 24 * time.Hour)
	must(d.T, d.svc.AskEnd(d.Context(), c.TenantID, c.ID, "p1", ""))
	raw := d.args(c.TenantID, contract.KindEnd)[0]
	must(d.T, d.s.Write(d.Context(), c.TenantID, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM job WHERE owner = $1 AND kind = $2`, contract.KindEnd) // it runs now
		return err
	}))
	must(d.T, d.svc.HandleEnd(d.Context(), c.TenantID, []byte(raw)))
	got, _, _, err = d.svc.Contract(d.Context(), c.TenantID, c.ID)
	must(d.T, err)
	if got.State != contract.Active || len(d.args(c.TenantID, contract.KindEnd)) != 1 {
		d.Fatalf("%s, and %d jobs end it", got.State, len(d.args(c.TenantID, contract.KindEnd)))
	}
	d.clock.Advance(got.Ends.Sub(d.clock.Now()))
	must(d.T, d.svc.HandleEnd(d.Context(), c.TenantID, []byte(d.args(c.TenantID, contract.KindEnd)[0])))
	must(d.T, d.s.Write(d.Context(), c.TenantID, func(tx *store.Tx) error { return d.svc.Advance(tx, c.ID, contract.Returned, "op", "") }))
	if err := d.svc.AskEnd(d.Context(), c.TenantID, c.ID, "p1", ""); !errors.Is(err, contract.ErrState) {
		d.Errorf("ended twice: %v", err)
	}
	log, err := d.tenants.AuditLog(d.Context(), c.TenantID, 100)
	must(d.T, err)
	var did []string
	for _, e := range slices.Backward(log) {
		if strings.HasPrefix(e.Action, "contract.") {
			did = append(did, strings.TrimPrefix(e.Action, "contract."))
		}
	}
	if got := strings.Join(did, " "); got != "contracted shipped installed active ending keep ending ended returned" {
		d.Errorf("the record has %s", got)
	}
}

// args of the jobs of a kind that wait.
func (d *desk) args(tenantID, kind string) (all []string) {
	d.Helper()
	must(d.T, d.s.Read(d.Context(), tenantID, func(tx *store.Tx) (err error) {
		all, err = store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2 ORDER BY run_at`, kind))(
			func(scan func(...any) error) (s string, err error) { err = scan(&s); return s, err })
		return err
	}))
	return all
}

func TestWhatDoesNotDo(t *testing.T) {
	suite(t, func(d *desk) {
		for _, c := range []struct {
			name string
			do   func(f *contract.Form)
			want contract.Fault
		}{
			{"nothing", func(f *contract.Form) { f.Company = "　" }, contract.Fault{Field: "company", Why: contract.Missing}},
			{"kanji for kana", func(f *contract.Form) { f.Kana = "佐藤" }, contract.Fault{Field: "kana", Why: contract.Malformed}},
			{"a digit mistyped", func(f *contract.Form) { f.Corporate = "7000012050003" }, contract.Fault{Field: "corporate", Why: contract.Digit}},
			{"too many PCs", func(f *contract.Form) { f.PCs = "101" }, contract.Fault{Field: "pcs", Why: contract.Long}},
			{"no PC", func(f *contract.Form) { f.PCs = "0" }, contract.Fault{Field: "pcs", Why: contract.Malformed}},
			{"industry of ours", func(f *contract.Form) { f.Industry = "<b>" }, contract.Fault{Field: "industry", Why: contract.Malformed}},
			{"member of nothing", func(f *contract.Form) { f.Chamber = "" }, contract.Fault{Field: "chamber", Why: contract.Missing}},
			{"header in a mail address", func(f *contract.Form) { f.Email = "a@b.example\r\nBcc: c@d.example" }, contract.Fault{Field: "email", Why: contract.Malformed}},
			{"two addresses", func(f *contract.Form) { f.Email = "a@b.example, c@d.example" }, contract.Fault{Field: "email", Why: contract.Malformed}},
			{"no prefecture", func(f *contract.Form) { f.Address = "中央区本町橋2-8" }, contract.Fault{Field: "address", Why: contract.Malformed}},
			{"consent withheld", func(f *contract.Form) { f.Consents = []string{"addresses"} }, contract.Fault{Field: "consents", Why: contract.Missing}},
			{"not agreed", func(f *contract.Form) { f.Agreed = false }, contract.Fault{Field: "agreed", Why: contract.Missing}},
			{"ten megabytes", func(f *contract.Form) { f.Building = strings.Repeat("長", 3_000_000) }, contract.Fault{Field: "building", Why: contract.Long}},
		} {
			f := form()
			c.do(&f)
			_, err := d.svc.Enter(d.Context(), f)
			var bad *contract.FormError
			if !errors.As(err, &bad) || len(bad.Faults) != 1 || bad.Faults[0] != c.want {
				d.Errorf("%s: %v", c.name, err)
			}
		}
		if _, _, err := d.svc.ByToken(d.Context(), "guessed"); !errors.Is(err, store.ErrNotFound) {
			d.Errorf("a guess: %v", err)
		}
	})
}

// The desk sees that somebody applied already, by whatever is alike.
func TestDuplicates(t *testing.T) {
	suite(t, func(d *desk) {
		first := d.enter(nil)
		must(t, d.svc.Submit(d.Context(), first))
		for name, change := range map[string]func(*contract.Form){
			"name": func(f *contract.Form) {
				f.Corporate, f.Company, f.Email, f.Phone = "", "㈱佐藤製作所", "other@sato.example.jp", "090-0000-0001"
			},
			"number": func(f *contract.Form) { f.Company, f.Email, f.Phone = "Sato", "other2@sato.example.jp", "09000000002" },
			"mail": func(f *contract.Form) {
				f.Corporate, f.Company, f.Email, f.Phone = "", "Sato 2", "hanako@SATO.example.jp", "09000000003"
			},
			"telephone": func(f *contract.Form) {
				f.Corporate, f.Company, f.Email, f.Phone = "", "Sato 3", "other3@sato.example.jp", "0612345678"
			},
		} {
			token := d.enter(change)
			_, _, alike, err := d.svc.Application(d.Context(), d.state(token).ID)
			must(t, err)
			if !slices.ContainsFunc(alike, func(a contract.Application) bool { return a.ID == d.state(first).ID }) {
				d.Errorf("%s: %d alike", name, len(alike))
			}
		}
		stranger := d.enter(func(f *contract.Form) {
			f.Corporate, f.Company, f.Email, f.Phone = "", "鈴木商店", "suzuki@suzuki.example.jp", "0312345678"
		})
		if _, _, alike, err := d.svc.Application(d.Context(), d.state(stranger).ID); err != nil || len(alike) != 0 {
			d.Errorf("%d alike, %v", len(alike), err)
		}
	})
}

// A form that is waited for is asked for twice and let go at last; what was never sent is deleted.
func TestWaiting(t *testing.T) {
	suite(t, func(d *desk) {
		draft := d.enter(func(f *contract.Form) { f.Company = "下書き" })
		token := d.enter(nil)
		must(t, d.svc.Submit(d.Context(), token))
		remind := d.args(tenant.House, contract.KindRemind)
		if len(remind) != 3 {
			d.Fatalf("%d reminders", len(remind))
		}
		before := len(d.args(tenant.House, contract.KindTell))
		for _, days := range []int{7, 14, 69} {
			d.clock.Advance(time.Duration(days) * 24 * time.Hour)
			must(t, d.svc.HandleRemind(d.Context(), tenant.House, []byte(remind[0])))
		}
		if got := len(d.args(tenant.House, contract.KindTell)) - before; got != 3 {
			d.Errorf("told %d times", got)
		}
		if a := d.state(token); a.State != contract.Withdrawn {
			d.Errorf("%s", a.State)
		}
		d.enter(func(f *contract.Form) { f.Company = "次の会社" })
		if _, _, err := d.svc.ByToken(d.Context(), draft); !errors.Is(err, store.ErrNotFound) {
			d.Errorf("a draft of three months ago: %v", err)
		}
		d.clock.Advance(181 * 24 * time.Hour)
		d.enter(nil)
		if _, _, err := d.svc.ByToken(d.Context(), token); !errors.Is(err, store.ErrNotFound) {
			d.Errorf("withdrawn half a year ago: %v", err)
		}
	})
}

func TestEarliestEnd(t *testing.T) {
	t.Parallel()
	v := &offer.Version{MinMonths: 12, NoticeDays: 30}
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, ja.Zone) }
	for _, c := range []struct {
		name                 string
		installed, now, want time.Time
	}{
		{"never connected", time.Time{}, day(2026, 11, 10), day(2027, 1, 1)},
		{"in time for this month", day(2025, 1, 15), day(2026, 12, 2), day(2027, 1, 1)},
		{"a day late", day(2025, 1, 15), day(2026, 12, 3), day(2027, 2, 1)},
		{"within the first year", day(2026, 11, 24), day(2026, 12, 1), day(2027, 12, 1)},
		{"a year from a leap day", day(2028, 2, 29).Add(10 * time.Hour), day(2028, 12, 1), day(2029, 3, 1)},
		{"year and month's first", day(2026, 12, 1), day(2026, 12, 2), day(2027, 12, 1)},
	} {
		if got := contract.Earliest(&contract.Contract{Installed: c.installed}, v, c.now); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
