package statistics

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"otasuke/centre/internal/report"
)

// Company is one that is counted.
type Company struct {
	Industry, Region string // "" is unknown
	Size             int    // people
	Figures          *report.Figures
}

// Cell is what is said of some companies. It is hidden, with nothing in it but its key, where they are too few.
type Cell struct {
	Key       string `json:"key"`
	Companies int    `json:"companies,omitempty"` // in tens, rounded down
	// Middle and Mean attacks of a company in the month, to two digits.
	Middle int `json:"middle"`
	Mean   int `json:"mean"`
	// Inside is the mean of suspicious connections of own devices.
	Inside int  `json:"inside"`
	Hidden bool `json:"hidden,omitempty"`
}

// Family is how many of a hundred companies met a threat in the month.
type Family struct {
	Key     string `json:"key"`
	Percent int    `json:"percent"` // to five
}

// Month is what is published of one.
type Month struct {
	Month      string   `json:"month"` // 2026-11
	All        Cell     `json:"all"`
	Regions    []Cell   `json:"regions"`
	Industries []Cell   `json:"industries"`
	Sizes      []Cell   `json:"sizes"`
	Families   []Family `json:"families"`
}

// maxFamilies that are listed; who can be shown at all is the comparison's rule.
const maxFamilies = 10

// sizes up to so many people, by which companies are put together; their keys are the bounds.
var sizes = []struct {
	key string
	to  int
}{{"5", 5}, {"20", 20}, {"50", 50}, {"100", 100}, {"300", 300}, {"more", math.MaxInt}}

// make counts a month.
func count(month string, all []Company) *Month {
	m := &Month{Month: month, All: cell("all", all), Families: families(all)}
	m.Regions = cells(all, func(c *Company) string { return c.Region })
	m.Industries = cells(all, func(c *Company) string { return c.Industry })
	m.Sizes = cells(all, func(c *Company) string { return sizeOf(c.Size) })
	slices.SortFunc(m.Sizes, func(a, b Cell) int { return cmp.Compare(rank(a.Key), rank(b.Key)) })
	if m.All.Hidden {
		m.Regions, m.Industries, m.Sizes, m.Families = nil, nil, nil, nil
	}
	return m
}

// What companies of a cell have in common.
const (
	ByRegion   = "regions"
	ByIndustry = "industries"
	BySize     = "sizes"
)

// OwnCell is a cell that holds a certain company.
type OwnCell struct {
	By string // "" for all companies
	Cell
}

// Own are the cells of a month that hold a company, the widest last; what is unknown of it is left out. Hidden ones are there,
// so that it can be said that they are.
func (m *Month) Own(industry, region string, size int) (all []OwnCell) {
	for _, one := range []struct {
		by, key string
		cells   []Cell
	}{{ByIndustry, industry, m.Industries}, {ByRegion, region, m.Regions}, {BySize, sizeOf(size), m.Sizes}} {
		if i := slices.IndexFunc(one.cells, func(c Cell) bool { return c.Key == one.key }); i >= 0 {
			all = append(all, OwnCell{one.by, one.cells[i]})
		}
	}
	return append(all, OwnCell{Cell: m.All})
}

func sizeOf(people int) string {
	for _, s := range sizes {
		if people <= s.to {
			return s.key
		}
	}
	return ""
}

// rank is the place of a size among sizes.
func rank(key string) int {
	for i, s := range sizes {
		if s.key == key {
			return i
		}
	}
	return len(sizes)
}

func cells(all []Company, key func(*Company) string) (found []Cell) {
	groups := map[string][]Company{}
	for i := range all {
		if k := key(&all[i]); k != "" {
			groups[k] = append(groups[k], all[i])
		}
	}
	hidden, smallest := 0, -1
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		c := cell(k, groups[k])
		if c.Hidden {
			hidden++
		} else if smallest < 0 || len(groups[k]) < len(groups[found[smallest].Key]) {
			smallest = len(found)
		}
		found = append(found, c)
	}
	if hidden == 1 && smallest >= 0 {
		found[smallest] = Cell{Key: found[smallest].Key, Hidden: true}
	}
	return found
}

func cell(key string, all []Company) Cell {
	n := make([]int, 0, len(all))
	sum, inside := 0, 0
	for i := range all {
		n = append(n, all[i].Figures.Attacks)
		sum += all[i].Figures.Attacks
		inside += all[i].Figures.Inside
	}
	slices.Sort(n)
	if len(n) < report.MinCompanies || sum > 0 && n[len(n)-1]*100 > sum*report.MaxShare {
		return Cell{Key: key, Hidden: true}
	}
	return Cell{Key: key, Companies: len(n) / 10 * 10, Middle: report.Rounded(n[len(n)/2]), Mean: report.Rounded((sum + len(n)/2) / len(n)), Inside: report.Rounded((inside + len(n)/2) / len(n))}
}

// families that ten companies at least have met, the most met first.
func families(all []Company) (found []Family) {
	met := map[string]int{}
	for i := range all {
		for _, k := range all[i].Figures.Kinds {
			met[k.Family]++
		}
	}
	for _, k := range slices.Sorted(maps.Keys(met)) {
		if met[k] >= report.MinCompanies {
			found = append(found, Family{Key: k, Percent: max((met[k]*100/len(all)+2)/5*5, 5)})
		}
	}
	slices.SortStableFunc(found, func(a, b Family) int { return cmp.Compare(b.Percent, a.Percent) })
	return found[:min(len(found), maxFamilies)]
}
