package statistics

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"otasuke/centre/internal/report"
)

// office makes n companies alike.
func office(n int, industry, region string, size, attacks int) (all []Company) {
	for range n {
		all = append(all, Company{Industry: industry, Region: region, Size: size, Figures: &report.Figures{Attacks: attacks, Inside: 4, Kinds: []report.Kind{{Family: "c2"}}}})
	}
	return all
}

func TestCells(t *testing.T) {
	t.Parallel()
	all := office(25, "manufacturing", "27", 6, 56)
	all = append(all, office(12, "retail", "28", 30, 1234)...)
	all = append(all, office(9, "retail", "26", 30, 20)...)  // too few
	all = append(all, office(9, "medical", "01", 30, 20)...) // and these
	m := count("2026-11", all)
	if m.All.Companies != 50 || m.All.Hidden {
		t.Errorf("%+v", m.All)
	}
	byKey := map[string]Cell{}
	for _, c := range m.Regions {
		byKey[c.Key] = c
	}
	if c := byKey["27"]; c.Middle != 56 || c.Mean != 56 || c.Companies != 20 || c.Inside != 4 {
		t.Errorf("27: %+v", c)
	}
	if c := byKey["28"]; c.Middle != 1200 || c.Hidden {
		t.Errorf("28 to two digits: %+v", c)
	}
	if !byKey["26"].Hidden || !byKey["01"].Hidden || byKey["26"].Middle != 0 {
		t.Errorf("few: %+v", byKey)
	}
	// One hidden alone takes the smallest of the others along.
	for _, c := range m.Industries {
		if want := c.Key != "manufacturing"; c.Hidden != want {
			t.Errorf("%+v", c)
		}
	}
	if len(m.Families) != 1 || m.Families[0].Percent != 100 {
		t.Errorf("%+v", m.Families)
	}
	large := office(10, "retail", "27", 6, 1)
	large[0].Figures.Attacks = 50
	if c := cell("x", large); !c.Hidden {
		t.Errorf("one company is most of it: %+v", c)
	}
	if m := count("2026-11", office(9, "retail", "27", 6, 1)); !m.All.Hidden || m.Regions != nil || m.Families != nil {
		t.Errorf("nine companies: %+v", m)
	}
}

// Whatever the companies: no cell of fewer than ten is shown, never exactly one cell of a table is hidden beside shown ones
// without company, and no figure has more than two digits that say something.
func TestNobodyCanBeTold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var all []Company
		sizeOf := map[string]int{}
		for range r.IntN(120) {
			c := Company{Industry: fmt.Sprint(r.IntN(4)), Region: fmt.Sprint(r.IntN(6)), Size: r.IntN(400), Figures: &report.Figures{Attacks: int(r.ExpFloat64() * 60), Inside: r.IntN(9)}}
			sizeOf[c.Region]++
			all = append(all, c)
		}
		m := count("2026-11", all)
		hidden := 0
		for _, c := range m.Regions {
			if c.Hidden {
				hidden++
				if c.Middle+c.Mean+c.Inside+c.Companies != 0 {
					t.Fatalf("hidden, with figures: %+v", c)
				}
				continue
			}
			if sizeOf[c.Key] < report.MinCompanies {
				t.Fatalf("%d companies are shown: %+v", sizeOf[c.Key], c)
			}
			for _, n := range []int{c.Middle, c.Mean, c.Inside} {
				if n != report.Rounded(n) {
					t.Fatalf("%+v", c)
				}
			}
		}
		if hidden == 1 && len(m.Regions) > 1 {
			t.Fatalf("one alone is hidden: %+v", m.Regions)
		}
	}
}
