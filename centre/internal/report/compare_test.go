package report

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestNoCellGivesAnybodyAway(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var all []Member
		for i := range r.IntN(120) {
			m := Member{Tenant: fmt.Sprint(i), Industry: []string{"", "metal", "food", "care"}[r.IntN(4)], Region: []string{"", "Aichi", "Osaka"}[r.IntN(3)], Size: r.IntN(120), N: r.IntN(80)}
			if r.IntN(15) == 0 {
				m.N *= 100
			}
			all = append(all, m)
		}
		cells, left := divide(all, 0)
		in := map[string]int{}
		for _, c := range cells {
			if !safe(c.members) {
				t.Fatalf("seed %d: a cell of %d", seed, len(c.members))
			}
			for _, m := range c.members {
				in[m.Tenant]++
			}
		}
		for _, m := range left {
			in[m.Tenant]++
		}
		for id, n := range in {
			if n != 1 {
				t.Fatalf("seed %d: company %s is in %d cells", seed, id, n)
			}
		}
		// Everybody with the same figures is one cell: it must be whole, safe, and the count true.
		same := map[Comparison][]Member{}
		shown := Compare(all)
		for _, m := range all {
			if c, ok := shown[m.Tenant]; ok {
				same[c] = append(same[c], m)
			}
		}
		for c, members := range same {
			if c.Companies < MinCompanies || len(members)%c.Companies != 0 || c.Low > c.Middle || c.Middle > c.High {
				t.Fatalf("seed %d: %+v for %d", seed, c, len(members))
			}
			if len(members) == c.Companies && !safe(members) {
				t.Fatalf("seed %d: %+v is dominated", seed, c)
			}
		}
	}
}

func TestCellsAreAsNarrowAsMayBe(t *testing.T) {
	var all []Member
	add := func(n int, industry, region string) {
		for range n {
			all = append(all, Member{Tenant: fmt.Sprint(len(all)), Industry: industry, Region: region, Size: 12, N: 50 + len(all)})
		}
	}
	f := func(tenant string, by, companies int) {
		t.Helper()
		if c := Compare(all)[tenant]; c.By != by || c.Companies != companies {
			t.Errorf("%s: %+v, want by %d of %d", tenant, c, by, companies)
		}
	}
	add(9, "metal", "Aichi")
	f("0", 0, 0) // too few
	add(1, "metal", "Aichi")
	f("0", 3, 10)
	add(6, "metal", "Osaka")
	f("10", 0, 16) // six alone are too few: ten others join them
	add(10, "food", "")
	f("0", 3, 10)
	f("16", 0, 16) // those whom the six took with them: the widest of the smallest
}

func TestOneCompanyDoesNotRule(t *testing.T) {
	var all []Member
	for i := range 12 {
		all = append(all, Member{Tenant: fmt.Sprint(i), Size: 12, N: 10})
	}
	all[3].N = 37 // of 147: just above a quarter
	if c := Compare(all); len(c) != 0 {
		t.Errorf("shown: %+v", c)
	}
	all[3].N = 36
	if c := Compare(all); len(c) != 12 {
		t.Errorf("%d companies compared", len(c))
	}
}
