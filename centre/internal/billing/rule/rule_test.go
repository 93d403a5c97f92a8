package rule

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/contract"
	"otasuke/content/offer"
	"otasuke/internal/ja"
)

func version(t testing.TB) *offer.Version {
	t.Helper()
	book, err := offer.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &book.Versions[0]
}

func day(s string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", s, ja.Zone)
	if err != nil {
		panic(err)
	}
	return at
}

// Months of one contract, as its customer reads the terms.
func TestMonths(t *testing.T) {
	t.Parallel()
	v := version(t)
	same := *v
	same.Billing.Start = offer.SameMonth
	for name, c := range map[string]struct {
		c       Contract
		member  []bool // from 2026-11 on; not one is none
		want    string // yen of 2026-11, 12, 2027-01
		another *offer.Version
	}{
		"first month is free":          {c: Contract{Installed: day("2026-11-01 00:00")}, want: "0 8250 8250"},
		"last minute of a month":       {c: Contract{Installed: day("2026-11-30 23:59")}, want: "0 8250 8250"},
		"first minute of the next":     {c: Contract{Installed: day("2026-12-01 00:00")}, want: "0 0 8250"},
		"a visit in its month":         {c: Contract{Installed: day("2026-11-20 10:00"), Visit: true}, want: "16500 8250 8250"},
		"visited, not installed":       {c: Contract{Visit: true}, want: "0 0 0"},
		"from the month itself":        {c: Contract{Installed: day("2026-11-30 23:59"), Visit: true}, another: &same, want: "24750 8250 8250"},
		"a member":                     {c: Contract{Installed: day("2026-10-03 10:00")}, member: []bool{true, true, true}, want: "6600 6600 6600"},
		"a member from January on":     {c: Contract{Installed: day("2026-10-03 10:00")}, member: []bool{false, false, true}, want: "8250 8250 6600"},
		"no member any more":           {c: Contract{Installed: day("2026-10-03 10:00")}, member: []bool{true, false, false}, want: "6600 8250 8250"},
		"the last month is whole":      {c: Contract{Installed: day("2026-10-03 10:00"), Ends: day("2027-01-01 00:00")}, want: "8250 8250 0"},
		"ended in the middle":          {c: Contract{Installed: day("2026-10-03 10:00"), Ends: day("2026-12-15 00:00")}, want: "8250 8250 0"},
		"ended in its first month":     {c: Contract{Installed: day("2026-11-03 10:00"), Ends: day("2026-12-01 00:00"), Visit: true}, want: "16500 0 0"},
		"never connected":              {c: Contract{}, want: "0 0 0"},
		"midnight of Japan, not UTC":   {c: Contract{Installed: time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)}, want: "0 0 8250"},
		"asked to end in its 1st year": {c: Contract{Installed: day("2026-10-03 10:00"), Ends: contract.Earliest(&contract.Contract{Installed: day("2026-10-03 10:00")}, v, day("2026-11-01 00:00"))}, want: "8250 8250 8250"},
	} {
		c.c.Offer = v
		if c.another != nil {
			c.c.Offer = c.another
		}
		var got []string
		for i, month := range []string{"2026-11", "2026-12", "2027-01"} {
			lines, err := Lines([]Contract{c.c}, len(c.member) > 0 && c.member[i], month)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprint(Total(lines)))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
	}
	if _, err := Lines(nil, false, "2026-13"); err == nil {
		t.Error("a thirteenth month")
	}
}

// Rounded once per invoice and rate: three lines of 335 yen at 10% have 91 yen of tax in them, not three times 30.
func TestTaxIsRoundedOnce(t *testing.T) {
	t.Parallel()
	lines := []Line{{Yen: 335, Rate: 10}, {Yen: 108, Rate: 8}, {Yen: 335, Rate: 10}, {Yen: 335, Rate: 10}}
	want := []Sum{{Rate: 10, Yen: 1005, Tax: 91, Without: 914}, {Rate: 8, Yen: 108, Tax: 8, Without: 100}}
	if d := cmp.Diff(want, Sums(lines)); d != "" {
		t.Error(d)
	}
	for yen, tax := range map[int]int{6600: 600, 8250: 750, 16500: 1500, 24750: 2250, -6600: -600, -335: -30, 0: 0, 10: 0, 11: 1} {
		if got := Sums([]Line{{Yen: yen, Rate: 10}})[0]; got.Tax != tax || got.Without != yen-tax {
			t.Errorf("%d: %+v", yen, got)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	v := version(t)
	for issued, want := range map[string]string{"2026-12-01 05:00": "2026-12-27", "2026-12-05 23:59": "2026-12-27", "2026-12-06 00:00": "2027-01-27", "2027-01-31 12:00": "2027-02-27"} {
		if got := Due(v, day(issued)).Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", issued, got, want)
		}
	}
}

// A correction says only what changes, and what was taken back once cannot be again.
func TestCorrections(t *testing.T) {
	t.Parallel()
	chain := []Issued{{Number: "2026-000001", Lines: []Line{{Kind: Other, Month: "2026-12", Yen: 8250, Rate: 10}, {Kind: Visit, Month: "2026-12", Yen: 16500, Rate: 10}}}}
	first, err := Correct(chain, []Change{{Ref{"2026-000001", 0}, 6600}, {Ref{"2026-000001", 1}, 16500}}, Line{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Line{{Kind: Return, Was: Other, Month: "2026-12", Yen: -8250, Rate: 10, Of: &Ref{"2026-000001", 0}}, {Kind: Other, Month: "2026-12", Yen: 6600, Rate: 10}}
	if d := cmp.Diff(want, first); d != "" {
		t.Error(d)
	}
	chain = append(chain, Issued{Number: "2026-000002", Lines: first})
	refs, lines := Standing(chain)
	if d := cmp.Diff([]Ref{{"2026-000001", 1}, {"2026-000002", 1}}, refs); d != "" || Total(lines) != 23100 {
		t.Errorf("%s %v", d, lines)
	}
	for name, changes := range map[string][]Change{"taken back already": {{Ref{"2026-000001", 0}, 0}}, "a return": {{Ref{"2026-000002", 0}, 0}}, "another's": {{Ref{"2026-000009", 0}, 0}}, "twice at once": {{Ref{"2026-000002", 1}, 0}, {Ref{"2026-000002", 1}, 5}}} {
		if _, err := Correct(chain, changes, Line{}); !errors.Is(err, ErrLine) {
			t.Errorf("%s: %v", name, err)
		}
	}
	second, err := Correct(chain, []Change{{Ref{"2026-000002", 1}, 0}}, Line{Kind: Free, Yen: -100, Rate: 10, Note: "おわび"})
	if err != nil || Total(second) != -6700 || len(second) != 2 {
		t.Errorf("%v, %v", second, err)
	}
}

// firm is a company as the other calculation below has it: months and days as numbers, no times.
type firm struct {
	contracts []struct {
		joined, day, ends int // month counted from January 2027 on; ends is the last that is paid, -1 for none
		visit             bool
	}
	member []struct {
		from int
		is   bool
	}
}

// A year of many companies, to the yen: joins, ends, changes of membership and visits by a fixed seed, against a calculation
// that goes month by month with whole numbers.
func TestAYearOfManyCompanies(t *testing.T) {
	t.Parallel()
	n := 10_000
	if testing.Short() || raced {
		n = 1000
	}
	v, rnd := version(t), rand.New(rand.NewPCG(11, 2026))
	var invoices, all, wantAll int
	for firmNo := range n {
		f := invent(rnd)
		var contracts []Contract
		var members []contract.Member
		for _, c := range f.contracts {
			one := Contract{Number: fmt.Sprint(firmNo), Offer: v, Visit: c.visit}
			if c.day > 0 {
				one.Installed = time.Date(2027, time.Month(c.joined+1), c.day, rnd.IntN(24), rnd.IntN(60), rnd.IntN(60), 0, ja.Zone).UTC()
			}
			if c.ends >= 0 {
				one.Ends = time.Date(2027, time.Month(c.ends+2), 1, 0, 0, 0, 0, ja.Zone).UTC()
			}
			contracts = append(contracts, one)
		}
		for _, m := range f.member {
			members = append(members, contract.Member{Month: fmt.Sprintf("%d-%02d", 2027+m.from/12, 1+m.from%12), Member: m.is})
		}
		for m := range 12 {
			month := fmt.Sprintf("2027-%02d", m+1)
			lines, err := Lines(contracts, contract.MemberIn(members, month), month)
			if err != nil {
				t.Fatal(err)
			}
			wantNet, wantTax := f.owes(m)
			var net, tax int
			for _, s := range Sums(lines) {
				net, tax = net+s.Without, tax+s.Tax
			}
			if net != wantNet || tax != wantTax || Total(lines) != net+tax {
				t.Fatalf("company %d in %s: %d + %d, want %d + %d; %+v", firmNo, month, net, tax, wantNet, wantTax, f)
			}
			if len(lines) > 0 {
				invoices++
			}
			all, wantAll = all+net+tax, wantAll+wantNet+wantTax
		}
	}
	if all != wantAll || invoices < 5*n {
		t.Errorf("%d yen in %d invoices, want %d yen", all, invoices, wantAll)
	}
	t.Logf("%d companies, %d invoices, %d yen", n, invoices, all)
}

func invent(rnd *rand.Rand) (f firm) {
	for range 1 + rnd.IntN(12)/10 {
		c := struct {
			joined, day, ends int
			visit             bool
		}{joined: rnd.IntN(24) - 12, day: 1 + rnd.IntN(28), ends: -1, visit: rnd.IntN(4) == 0}
		if rnd.IntN(20) == 0 {
			c.day = 0 // never connected
		}
		if rnd.IntN(5) == 0 {
			c.ends = max(0, c.joined+rnd.IntN(18))
		}
		f.contracts = append(f.contracts, c)
	}
	from := 0
	for range rnd.IntN(4) {
		f.member = append(f.member, struct {
			from int
			is   bool
		}{from, rnd.IntN(2) == 0})
		from += 1 + rnd.IntN(5)
	}
	return f
}

// owes is the other calculation: net prices and ten percent on them.
func (f *firm) owes(month int) (net, tax int) {
	price := 7500
	for _, m := range f.member {
		if m.from <= month {
			price = 7500
			if m.is {
				price = 6000
			}
		}
	}
	for _, c := range f.contracts {
		if c.day == 0 {
			continue
		}
		if month > c.joined && (c.ends < 0 || month <= c.ends) {
			net += price
		}
		if c.visit && month == c.joined {
			net += 15000
		}
	}
	return net, net / 10
}
