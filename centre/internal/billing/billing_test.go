package billing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/billing"
	"otasuke/centre/internal/billing/rule"
	"otasuke/centre/internal/contract"
	"otasuke/centre/internal/device"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/desk"
	"otasuke/content/offer"
	"otasuke/internal/clock"
	"otasuke/internal/ja"
	"otasuke/internal/zengin"
)

// boxes stands for what is connected, by company.
type boxes map[string][]device.Box

func (b boxes) Boxes(_ context.Context, id string) ([]device.Box, error) { return b[id], nil }

// broken is contracts of which one company's cannot be read for a while.
type broken struct {
	*contract.Service
	company string
	stop    func()
}

func (b *broken) Contract(ctx context.Context, tenantID, id string) (contract.Contract, []contract.Step, []contract.Member, error) {
	if tenantID == b.company {
		if b.stop != nil {
			b.stop()
		}
		return contract.Contract{}, nil, nil, errors.New("broken")
	}
	return b.Service.Contract(ctx, tenantID, id)
}

type office struct {
	*testing.T
	s         *store.Store
	clock     *clock.Fake
	contracts *broken
	boxes     boxes
	svc       *billing.Service
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func at(s string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", s, ja.Zone)
	if err != nil {
		panic(err)
	}
	return at
}

func suite(t *testing.T, fn func(o *office)) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		o := &office{T: t, s: s, clock: clock.NewFake(at("2026-11-10 10:00")), boxes: boxes{}}
		book, err := offer.Load()
		must(t, err)
		tenants := tenant.New(tenant.Config{Store: s, Clock: o.clock})
		must(t, tenants.EnsureHouse(t.Context(), "Centre"))
		o.contracts = &broken{Service: contract.New(contract.Config{Store: s, Companies: tenants, Boxes: o.boxes, Offers: book, Clock: o.clock})}
		o.svc = billing.New(billing.Config{Store: s, Contracts: o.contracts, Clock: o.clock, Provider: billing.Provider{Name: "みなと商工会議所", Number: "T7000012050002", Address: "大阪市", Bank: "みなと銀行"},
			Collector: zengin.Header{Consignor: "1234567890", Name: "ﾐﾅﾄ", Account: zengin.Account{Bank: "0001", Branch: "001", Kind: "1", Number: "1234567"}}})
		fn(o)
	}, tenant.Schema(), job.Schema(), attach.Schema(), contract.Schema(), billing.Schema())
}

// join makes a customer whose box is connected now.
func (o *office) join(name string, member, visit bool) (companyID string) {
	o.Helper()
	ctx := o.Context()
	token, err := o.contracts.Enter(ctx, contract.Form{Company: name, Kana: "サトウ", Industry: "manufacturing", PCs: "6", Line: "fibre", Router: "own", Visit: visit, Contact: "佐藤 花子", ContactKana: "サトウ", Email: "hanako@sato.example", Phone: "0612345678",
		Postcode: "5400029", Address: "大阪府大阪市", Passphrase: "みかん山", Consents: []string{"addresses", "names", "files", "devices", "partners"}, Agreed: true})
	must(o.T, err)
	must(o.T, o.contracts.Submit(ctx, token))
	a, _, err := o.contracts.ByToken(ctx, token)
	must(o.T, err)
	must(o.T, o.contracts.Tick(ctx, a.ID, "op"))
	must(o.T, o.contracts.Accept(ctx, a.ID, "op", contract.Accepted{Member: member, Proof: "名簿"}))
	must(o.T, o.contracts.HandleFound(ctx, tenant.House, json.RawMessage(fmt.Sprintf(`{"id":%q,"who":"op","Member":%v,"Proof":"名簿"}`, a.ID, member))))
	a, _, err = o.contracts.ByToken(ctx, token)
	must(o.T, err)
	o.boxes[a.CompanyID] = []device.Box{{ID: "b", Claimed: o.clock.Now(), LastSeen: o.clock.Now().Add(time.Minute)}}
	must(o.T, o.contracts.HandleWatch(ctx, a.CompanyID, json.RawMessage(fmt.Sprintf(`{"id":%q}`, a.ID))))
	return a.CompanyID
}

func (o *office) month(month string) error {
	return o.svc.HandleMonth(o.Context(), tenant.House, json.RawMessage(fmt.Sprintf(`{"month":%q}`, month)))
}

// books are number, total and due of everything.
func (o *office) books() string {
	o.Helper()
	all, err := o.svc.Find(o.Context(), billing.Search{})
	must(o.T, err)
	slices.Reverse(all)
	var b []string
	for _, i := range all {
		b = append(b, fmt.Sprint(i.Number, " ", i.Total, " ", i.Due))
	}
	return strings.Join(b, ", ")
}

func (o *office) jobs(kind string) (all []string) {
	o.Helper()
	must(o.T, o.s.Read(o.Context(), tenant.House, func(tx *store.Tx) error {
		got, err := store.Collect[string](tx.Query(`SELECT args FROM job WHERE owner = $1 AND kind = $2 ORDER BY run_at, args`, kind))(func(scan func(...any) error) (s string, err error) { return s, scan(&s) })
		all = got
		return err
	}))
	return all
}

// owed is what is to be paid for a chain.
func (o *office) owed(chain []billing.Invoice) int {
	o.Helper()
	yen, err := o.svc.ToPay(o.Context(), chain[0].Number)
	must(o.T, err)
	return yen
}

func (o *office) is(what, got, want string) {
	o.Helper()
	if got != want {
		o.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func TestMonthByMonth(t *testing.T) {
	suite(t, func(o *office) {
		id := o.join("株式会社佐藤製作所", true, true)
		if err := o.month("2026-11"); !errors.Is(err, job.ErrGiveUp) {
			o.Errorf("a month that is not over: %v", err)
		}
		o.clock.Set(at("2026-12-01 05:00"))
		for range 2 {
			must(t, o.month("2026-11"))
		}
		o.is("November", o.books(), "2026-000001 16500 2026-12-27")
		// No member any more from December on.
		must(t, o.contracts.SetMember(t.Context(), id, "op", contract.Member{Month: "2026-12", Proof: "退会"}))
		o.clock.Set(at("2027-01-01 05:00"))
		must(t, o.month("2026-12"))
		must(t, o.month("2026-11")) // a job that was late
		o.is("December", o.books(), "2026-000001 16500 2026-12-27, 2027-000001 8250 2027-01-27")
		all, err := o.svc.Of(t.Context(), id)
		must(t, err)
		inv := all[0]
		if len(all) != 2 || inv.To.Company != "株式会社佐藤製作所" || inv.From.Number != "T7000012050002" || inv.Day != "2027-01-01" || inv.Sums[0] != (rule.Sum{Rate: 10, Yen: 8250, Tax: 750, Without: 7500}) || inv.Lines[0].Kind != rule.Other {
			o.Errorf("%+v", inv)
		}
		if n := len(o.jobs(billing.KindTell)); n != 2 {
			o.Errorf("%d mails", n)
		}
		if _, _, _, err := o.svc.OfCompany(t.Context(), "another", inv.Number); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("another's: %v", err)
		}
		if got := o.jobs(billing.KindMonth); !slices.Contains(got, `{"month":"2027-01"}`) {
			o.Errorf("planned: %v", got)
		}
		if err := o.svc.MakeNow(t.Context(), "op", "2027-01"); !errors.Is(err, billing.ErrDay) {
			o.Errorf("now: %v", err)
		}
		// Without a registration number nothing is issued.
		o.svc.Provider.Number = ""
		must(t, o.month("2026-12"))
		if err := o.svc.MakeNow(t.Context(), "op", "2026-12"); !errors.Is(err, billing.ErrNoProvider) {
			o.Errorf("unregistered: %v", err)
		}
	})
}

// Cut off between companies, and with one that cannot be read: nobody gets two, numbers have no gap, and all get theirs in the end.
func TestCutOff(t *testing.T) {
	suite(t, func(o *office) {
		var ids []string
		for i := range 5 {
			ids = append(ids, o.join(fmt.Sprint("会社", i), false, true))
		}
		slices.Sort(ids)
		o.clock.Set(at("2026-12-01 05:00"))
		ctx, cancel := context.WithCancel(t.Context())
		o.contracts.company, o.contracts.stop = ids[2], cancel
		if err := o.svc.HandleMonth(ctx, tenant.House, json.RawMessage(`{"month":"2026-11"}`)); err == nil {
			o.Error("cut off without an error")
		}
		o.is("cut off", o.books(), "2026-000001 16500 2026-12-27, 2026-000002 16500 2026-12-27")
		o.contracts.stop = nil
		if err := o.month("2026-11"); err == nil || !strings.Contains(err.Error(), ids[2]) {
			o.Errorf("broken: %v", err)
		}
		o.contracts.company = ""
		two := make(chan error, 2) // a job whose process hung, and the one that took over
		for range 2 {
			go func() {
				two <- o.svc.HandleMonth(t.Context(), tenant.House, json.RawMessage(`{"month":"2026-11"}`))
			}()
		}
		must(t, errors.Join(<-two, <-two))
		o.is("whole", o.books(), "2026-000001 16500 2026-12-27, 2026-000002 16500 2026-12-27, 2026-000003 16500 2026-12-27, 2026-000004 16500 2026-12-27, 2026-000005 16500 2026-12-27")
		for _, id := range ids {
			if all, err := o.svc.Of(t.Context(), id); err != nil || len(all) != 1 {
				o.Errorf("%s has %d, %v", id, len(all), err)
			}
		}
	})
}

// first is an office with one invoice of 8,250 yen and one of 16,500.
func first(o *office) (id string) {
	o.Helper()
	id = o.join("株式会社佐藤製作所", false, true)
	for _, m := range []string{"2026-11", "2026-12"} {
		_, end, err := rule.First(m)
		must(o.T, err)
		o.clock.Set(end.Add(5 * time.Hour))
		must(o.T, o.month(m))
	}
	return id
}

const visit, monthly = "2026-000001", "2027-000001"

func TestCorrectionsAndPayments(t *testing.T) {
	suite(t, func(o *office) {
		id := first(o)
		ctx := t.Context()
		before, _, _, err := o.svc.Get(ctx, monthly)
		must(t, err)
		for name, c := range map[string]billing.Correction{
			"no reason":     {Changes: []rule.Change{{Ref: rule.Ref{Number: monthly}, Yen: 6600}}},
			"another's":     {Why: "x", Changes: []rule.Change{{Ref: rule.Ref{Number: visit}, Yen: 6600}}},
			"nothing":       {Why: "x"},
			"the same":      {Why: "x", Changes: []rule.Change{{Ref: rule.Ref{Number: monthly}, Yen: 8250}}},
			"less than 0":   {Why: "x", Changes: []rule.Change{{Ref: rule.Ref{Number: monthly}, Yen: -1}}},
			"a slip":        {Why: "x", Changes: []rule.Change{{Ref: rule.Ref{Number: monthly}, Yen: billing.MaxYen + 1}}},
			"words missing": {Why: "x", Yen: -100},
		} {
			if made, err := o.svc.Correct(ctx, "op", monthly, c); err == nil {
				o.Errorf("%s: %s", name, made)
			}
		}
		made, err := o.svc.Correct(ctx, "op", monthly, billing.Correction{Why: "会員でした", Changes: []rule.Change{{Ref: rule.Ref{Number: monthly}, Yen: 6600}}})
		must(t, err)
		after, log, chain, err := o.svc.Get(ctx, monthly)
		must(t, err)
		if made != "2027-000002" || len(chain) != 2 || chain[1].Corrects != monthly || chain[1].Total != -1650 || chain[1].Sums[0].Tax != -150 || chain[1].Why != "会員でした" || o.owed(chain) != 6600 {
			o.Errorf("%s %+v", made, chain)
		}
		if b, a := fmt.Sprint(before), fmt.Sprint(after); a != b {
			o.Errorf("the first one was changed: %s, was %s", a, b)
		}
		if log[len(log)-1].What != billing.Corrected || log[len(log)-1].Why != made {
			o.Errorf("%+v", log)
		}
		// Paid by hand: both together are settled.
		for _, day := range []string{"2027-01-02", "tomorrow", ""} {
			if err := o.svc.PayByHand(ctx, "op", monthly, day, ""); !errors.Is(err, billing.ErrDay) {
				o.Errorf("%q: %v", day, err)
			}
		}
		must(t, o.svc.PayByHand(ctx, "op", monthly, "2026-12-31", "窓口で現金"))
		if err := o.svc.PayByHand(ctx, "op", made, "2026-12-31", ""); !errors.Is(err, billing.ErrPaid) {
			o.Errorf("twice: %v", err)
		}
		_, _, chain, err = o.svc.Get(ctx, made)
		must(t, err)
		if o.owed(chain) != 0 || chain[0].Paid.How != billing.ByHand || chain[1].Paid.Day != "2026-12-31" {
			o.Errorf("%+v", chain)
		}
		// Taken away as a whole: nothing is left to pay.
		gone, err := o.svc.Correct(ctx, "op", visit, billing.Correction{Why: "訪問しませんでした", Changes: []rule.Change{{Ref: rule.Ref{Number: visit}}}})
		must(t, err)
		_, _, chain, err = o.svc.Get(ctx, gone)
		must(t, err)
		if chain[0].Paid.How != billing.ByOffset || chain[1].Paid.How != billing.ByOffset {
			o.Errorf("%+v", chain)
		}
		must(t, o.svc.Reissue(ctx, "op", monthly))
		if err := o.svc.Reissue(ctx, "op", "2027-000099"); !errors.Is(err, store.ErrNotFound) {
			o.Errorf("%v", err)
		}
		for name, c := range map[string]struct {
			q    billing.Search
			want int
		}{
			"all": {billing.Search{}, 4}, "day": {billing.Search{From: "2026-12-01", To: "2026-12-31"}, 1}, "amount": {billing.Search{Min: 8000, Max: 9000}, 1}, "name": {billing.Search{Name: "㈱佐藤"}, 4},
			"name of nobody": {billing.Search{Name: "佐_"}, 0}, "number": {billing.Search{Name: " " + visit}, 1}, "open": {billing.Search{Open: true}, 0}, "all three": {billing.Search{From: "2027-01-01", Min: 8250, Max: 8250, Name: "佐藤"}, 1}, "SQL": {billing.Search{Name: "' OR 1=1 --"}, 0},
		} {
			if got, err := o.svc.Find(ctx, c.q); err != nil || len(got) != c.want {
				o.Errorf("%s: %d, %v; want %d", name, len(got), err, c.want)
			}
		}
		o.clock.Set(at("2034-01-05 10:00"))
		if got, err := o.svc.Find(ctx, billing.Search{From: "2026-12-01", To: "2026-12-01", Name: "佐藤"}); err != nil || len(got) != 1 || got[0].CompanyID != id {
			o.Errorf("after seven years: %v, %v", got, err)
		}
	})
}

// What is given back of an invoice that was paid is taken off the next one, whoever pays how.
func TestCreditIsTakenOff(t *testing.T) {
	suite(t, func(o *office) {
		first(o)
		ctx := t.Context()
		must(t, o.svc.PayByHand(ctx, "op", visit, "2027-01-01", ""))
		made, err := o.svc.Correct(ctx, "op", visit, billing.Correction{Why: "値引き", Changes: []rule.Change{{Ref: rule.Ref{Number: visit}, Yen: 15000}}})
		must(t, err)
		big, err := o.svc.Correct(ctx, "op", visit, billing.Correction{Why: "値引き", Note: "おわび", Yen: -9000})
		must(t, err)
		for number, want := range map[string]int{monthly: 6750, visit: -10500} { // the second one does not fit any more
			if yen, err := o.svc.ToPay(ctx, number); err != nil || yen != want {
				o.Errorf("%s: %d, %v; want %d", number, yen, err, want)
			}
		}
		must(t, o.svc.PayByHand(ctx, "op", monthly, "2027-01-01", ""))
		for number, how := range map[string]string{monthly: billing.ByHand, made: billing.ByOffset, big: ""} {
			if inv, _, _, err := o.svc.Get(ctx, number); err != nil || inv.Paid.How != how {
				o.Errorf("%s: %+v, %v", number, inv.Paid, err)
			}
		}
	})
}

func TestCollecting(t *testing.T) {
	suite(t, func(o *office) {
		id := first(o)
		other := o.join("田中商店", true, false)
		o.clock.Set(at("2027-02-01 05:00"))
		must(t, o.month("2027-01")) // 2027-000002 and 3: the order is by id
		ctx := t.Context()
		for field, a := range map[string]billing.Account{
			"bank":   {Account: zengin.Account{Bank: "12", Branch: "001", Kind: "1", Number: "1"}, Holder: "ア"},
			"branch": {Account: zengin.Account{Bank: "0001", Branch: "x01", Kind: "1", Number: "1"}, Holder: "ア"},
			"kind":   {Account: zengin.Account{Bank: "0001", Branch: "001", Kind: "7", Number: "1"}, Holder: "ア"},
			"number": {Account: zengin.Account{Bank: "0001", Branch: "001", Kind: "1", Number: "12345678"}, Holder: "ア"},
			"holder": {Account: zengin.Account{Bank: "0001", Branch: "001", Kind: "1", Number: "1"}, Holder: "佐藤"},
		} {
			var bad *billing.FieldError
			if err := o.svc.SetAccount(ctx, "op", a); !errors.As(err, &bad) || bad.Field != field || !errors.Is(err, billing.ErrAccount) {
				o.Errorf("%s: %v", field, err)
			}
		}
		if err := o.svc.Collect(ctx, "op", "2027-02-27"); !errors.Is(err, billing.ErrNothing) {
			o.Errorf("without an account: %v", err)
		}
		must(t, o.svc.SetAccount(ctx, "op", billing.Account{CompanyID: id, Account: zengin.Account{Bank: "０００５", Branch: "123", BranchName: "おおさか", Kind: "1", Number: "４５６"}, Holder: "カ）サトウセイサクショ"}))
		must(t, o.svc.SetAccount(ctx, "op", billing.Account{CompanyID: other, Account: zengin.Account{Bank: "0009", Branch: "001", Kind: "2", Number: "7654321"}, Holder: "タナカショウテン"}))
		a, err := o.svc.AccountOf(ctx, id)
		must(t, err)
		if a.Bank != "0005" || a.Number != "0000456" || a.Holder != "ｶ)ｻﾄｳｾｲｻｸｼﾖ" || a.Customer != 1 || !a.Fresh {
			o.Errorf("%+v", a)
		}
		if err := o.svc.Collect(ctx, "op", "2027-02-01"); !errors.Is(err, billing.ErrDay) {
			o.Errorf("today: %v", err)
		}
		must(t, o.svc.Collect(ctx, "op", "2027-02-27"))
		if err := o.svc.Collect(ctx, "op", "2027-02-27"); !errors.Is(err, billing.ErrBusy) {
			o.Errorf("twice: %v", err)
		}
		if err := o.svc.Collect(ctx, "op", "2027-02-28"); !errors.Is(err, billing.ErrNothing) {
			o.Errorf("what is at the bank already is asked for again: %v", err)
		}
		if err := o.svc.PayByHand(ctx, "op", visit, "2027-02-01", ""); !errors.Is(err, billing.ErrBank) {
			o.Errorf("by hand while it is at the bank: %v", err)
		}
		must(t, o.svc.Cancel(ctx, "op", "2027-02-27"))
		must(t, o.svc.Collect(ctx, "op", "2027-02-27"))
		raw, err := o.svc.File(ctx, "op", "2027-02-27")
		must(t, err)
		f, err := zengin.Decode(raw)
		must(t, err)
		// 16,500 + 8,250 + 8,250 of the first; the other has nothing to pay yet, as its box was connected in January.
		if len(f.Data) != 1 || f.Data[0].Yen != 33000 || !f.Data[0].First || f.Header.Day != "0227" || f.Header.Consignor != "1234567890" {
			o.Fatalf("%+v", f)
		}
		o.result(f, id)
	})
}

// result takes back what a bank says: refused, partly unknown, booked, and once more.
func (o *office) result(f *zengin.File, id string) {
	o.Helper()
	ctx, day := o.Context(), "2027-02-27"
	write := func(change func(f *zengin.File)) []byte {
		one := zengin.File{Header: f.Header, Data: slices.Clone(f.Data), Back: true}
		change(&one)
		raw, err := zengin.Encode(&one, false)
		must(o.T, err)
		return raw
	}
	out, err := zengin.Encode(f, true)
	must(o.T, err)
	whole := write(func(*zengin.File) {})
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"the file that went out": {out, zengin.ErrSums},
		"another day":            {write(func(f *zengin.File) { f.Header.Day = "0127" }), billing.ErrForeign},
		"another consignor":      {write(func(f *zengin.File) { f.Header.Consignor = "9999999999" }), billing.ErrForeign},
		"sums":                   {bytes.Replace(whole, []byte("8000001"), []byte("8000002"), 1), zengin.ErrSums},
		"half":                   {whole[:len(whole)/2], zengin.ErrOrder},
		"PDF":                    {[]byte("%PDF-1.7"), zengin.ErrRecord},
	} {
		if _, err := o.svc.TakeResult(ctx, "op", day, c.raw); !errors.Is(err, c.want) {
			o.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	told, err := o.svc.TakeResult(ctx, "op", day, write(func(f *zengin.File) {
		stranger := f.Data[0]
		stranger.Customer = "00000000000000000077"
		f.Data[0].Yen++
		f.Data = append(f.Data, stranger)
	}))
	if err != nil || told.Booked+told.Failed != 0 || len(told.Unknown) != 2 {
		o.Errorf("%+v, %v", told, err)
	}
	short := write(func(f *zengin.File) { f.Data[0].Result = zengin.Short })
	for i, want := range []billing.Told{{Failed: 1}, {Known: 1}} {
		if told, err := o.svc.TakeResult(ctx, "op", day, short); err != nil || fmt.Sprint(told) != fmt.Sprint(want) {
			o.Errorf("%d: %+v, %v", i, told, err)
		}
	}
	// Another answer to the same line is told and changes nothing.
	if told, err := o.svc.TakeResult(ctx, "op", day, whole); err != nil || len(told.Unknown) != 1 {
		o.Errorf("%+v, %v", told, err)
	}
	if err := o.svc.Cancel(ctx, "op", day); !errors.Is(err, billing.ErrPaid) {
		o.Errorf("cancelled: %v", err)
	}
	// The next day it works, and it is booked once.
	day = "2027-03-10"
	must(o.T, o.svc.Collect(ctx, "op", day))
	f.Header.Day = "0310"
	whole = write(func(*zengin.File) {})
	for i, want := range []billing.Told{{Booked: 1}, {Known: 1}} {
		if told, err := o.svc.TakeResult(ctx, "op", day, whole); err != nil || fmt.Sprint(told) != fmt.Sprint(want) {
			o.Errorf("%d: %+v, %v", i, told, err)
		}
	}
	all, err := o.svc.Of(ctx, id)
	must(o.T, err)
	for _, i := range all {
		_, log, _, err := o.svc.Get(ctx, i.Number)
		must(o.T, err)
		var what []string
		for _, e := range log {
			what = append(what, e.What+" "+e.Why)
		}
		o.is(i.Number+" "+i.Paid.Day+" "+i.Paid.How, strings.Join(what, ", "), "made , refused 1, paid transfer")
	}
	if a, err := o.svc.AccountOf(ctx, id); err != nil || a.Fresh {
		o.Errorf("it is not the first time any more: %+v, %v", a, err)
	}
	must(o.T, o.svc.DropAccount(ctx, "op", id))
	if a, err := o.svc.AccountOf(ctx, id); err != nil || a.Bank != "" || a.Customer != 1 {
		o.Errorf("%+v, %v", a, err)
	}
}

func TestReminders(t *testing.T) {
	suite(t, func(o *office) {
		id := first(o)
		remind := func(number string, step int) {
			t.Helper()
			for range 2 { // the process died, and did it again
				must(t, o.svc.HandleRemind(t.Context(), tenant.House, json.RawMessage(fmt.Sprintf(`{"number":%q,"step":%d}`, number, step))))
			}
		}
		told := func() (n int) {
			for _, args := range o.jobs(billing.KindTell) {
				if strings.Contains(args, visit) && !strings.Contains(args, `"made"`) {
					n++
				}
			}
			return n
		}
		if got := o.jobs(billing.KindRemind); len(got) != 6 || got[0] != `{"number":"2026-000001","step":0}` {
			o.Errorf("%v", got)
		}
		for step, want := range []int{1, 2, 2} {
			o.clock.Advance(14 * 24 * time.Hour)
			if remind(visit, step); told() != want {
				o.Errorf("step %d: told %d times, want %d", step, told(), want)
			}
		}
		tasks, err := o.svc.Tasks(t.Context())
		if err != nil || len(tasks) != 1 || tasks[0].Number != visit || !tasks[0].Late(o.clock.Now()) {
			o.Errorf("%+v, %v", tasks, err)
		}
		// The box goes on: nothing of the contract was touched.
		all, err := o.contracts.Contracts(t.Context(), id)
		if err != nil || all[0].State != contract.Active || !all[0].Ends.IsZero() {
			o.Errorf("%+v, %v", all, err)
		}
		must(t, o.svc.PayByHand(t.Context(), "op", visit, "2027-02-01", ""))
		if tasks, err := o.svc.Tasks(t.Context()); err != nil || len(tasks) != 0 {
			o.Errorf("paid: %+v, %v", tasks, err)
		}
		must(t, o.svc.PayByHand(t.Context(), "op", monthly, "2027-02-01", ""))
		remind(monthly, 0)
		if n := len(o.jobs(billing.KindTell)); n != 4 {
			o.Errorf("%d mails: a paid one is reminded of", n)
		}
		if err := o.svc.HandleRemind(t.Context(), tenant.House, json.RawMessage(`{"number":"x","step":9}`)); !errors.Is(err, job.ErrGiveUp) {
			o.Errorf("%v", err)
		}
	})
}

// An invoice is due, and is collected, on a day on which banks are open: 27 December 2026 is a Sunday.
func TestDueOnABankDay(t *testing.T) {
	suite(t, func(o *office) {
		book, err := desk.Load()
		must(t, err)
		o.svc.Banks = book.OnBankDay
		id := o.join("株式会社佐藤製作所", true, true)
		o.clock.Set(at("2026-12-01 05:00"))
		must(t, o.month("2026-11"))
		o.is("due", o.books(), "2026-000001 16500 2026-12-28")
		must(t, o.svc.SetAccount(t.Context(), "op", billing.Account{CompanyID: id, Account: zengin.Account{Bank: "0005", Branch: "123", Kind: "1", Number: "456"}, Holder: "サトウ"}))
		for day, want := range map[string]error{"2026-12-27": billing.ErrBankDay, "2026-12-31": billing.ErrBankDay, "2027-01-11": billing.ErrBankDay, "2026-11-30": billing.ErrDay} {
			if err := o.svc.Collect(t.Context(), "op", day); !errors.Is(err, want) {
				o.Errorf("%s: %v", day, err)
			}
		}
		must(t, o.svc.Collect(t.Context(), "op", "2026-12-28"))
		if c, err := o.svc.CollectionOn(t.Context(), "2026-12-28"); err != nil || len(c.Lines) != 1 {
			o.Errorf("%+v, %v", c, err)
		}
	})
}
