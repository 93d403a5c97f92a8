package report

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// When a cell may be shown: the usual rule of statistical offices, in its strict form.
const (
	// MinCompanies of a cell.
	MinCompanies = 10
	// MaxShare is the percentage that one company may have of a cell's sum.
	MaxShare = 25
	// digits of a figure that are shown; the others could give away one company's own.
	digits = 2
)

// Member is one company in the comparison.
type Member struct {
	Tenant   string
	Industry string
	Region   string // prefecture; "" is unknown
	Size     int    // people
	N        int    // attacks of the month
}

// Comparison is what a company learns of the others. The zero value: too few to compare with.
type Comparison struct {
	Companies int // in the cell, with the one that reads
	// Low, Middle and High are the quartiles of attacks, rounded to two digits.
	Low, Middle, High int
	// By tells what the companies share: 0 nothing, 1 size, 2 and industry, 3 and region.
	By int
}

// bands of size: up to so many people.
var bands = []int{5, 20, 50, 100, 300}

func band(size int) int {
	i, _ := slices.BinarySearch(bands, size)
	return i
}

type cell struct {
	members []Member
	by      int
}

// Compare puts every company into at most one cell, the narrowest that may be shown: first
// size, industry and region; who is left over there is pooled without the region, and so on.
// Cells share no company, and no total is shown, so nothing can be found by subtracting.
func Compare(all []Member) map[string]Comparison {
	cells, left := divide(all, 0)
	// The last few join the smallest cells rather than learn nothing.
	slices.SortStableFunc(cells, func(a, b cell) int { return cmp.Compare(len(a.members), len(b.members)) })
	for len(left) > 0 && len(cells) > 0 && !safe(left) {
		left, cells = append(left, cells[0].members...), cells[1:]
	}
	if safe(left) {
		cells = append(cells, cell{members: left})
	}
	found := map[string]Comparison{}
	for _, c := range cells {
		shown := c.shown()
		for _, m := range c.members {
			found[m.Tenant] = shown
		}
	}
	return found
}

// divide makes the cells among members that share by properties, and gives back who is in none.
func divide(members []Member, by int) (cells []cell, left []Member) {
	keys := []func(Member) string{
		func(m Member) string { return string(rune('0' + band(m.Size))) },
		func(m Member) string { return m.Industry },
		func(m Member) string { return m.Region },
	}
	if by == len(keys) {
		left = members
	} else {
		groups := map[string][]Member{}
		for _, m := range members {
			k := keys[by](m)
			groups[k] = append(groups[k], m)
		}
		for _, k := range slices.Sorted(maps.Keys(groups)) {
			if k == "" { // unknown is nothing to share
				left = append(left, groups[k]...)
				continue
			}
			c, l := divide(groups[k], by+1)
			cells, left = append(cells, c...), append(left, l...)
		}
	}
	if by > 0 && safe(left) {
		cells, left = append(cells, cell{left, by}), nil
	}
	return cells, left
}

// safe tells whether figures about these companies may be shown.
func safe(members []Member) bool {
	sum, most := 0, 0
	for _, m := range members {
		sum, most = sum+m.N, max(most, m.N)
	}
	return len(members) >= MinCompanies && most*100 <= sum*MaxShare
}

func (c *cell) shown() Comparison {
	n := make([]int, 0, len(c.members))
	for _, m := range c.members {
		n = append(n, m.N)
	}
	slices.Sort(n)
	at := func(quarter int) int { return Rounded(n[(len(n)-1)*quarter/4]) }
	return Comparison{Companies: len(n), Low: at(1), Middle: at(2), High: at(3), By: c.by}
}

// Rounded keeps the digits of a figure that are shown.
func Rounded(n int) int {
	unit := 1
	for n/unit >= int(math.Pow10(digits)) {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}
