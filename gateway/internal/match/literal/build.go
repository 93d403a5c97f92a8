package literal

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"otasuke/internal/ascii"
)

// Collection gathers the patterns of a database and who wants each. The zero value is empty.
type Collection struct {
	index    map[string]int
	patterns []Pattern
	owners   [][]uint32
}

// Add notes a pattern of an owner; the same one of several is searched once.
func (c *Collection) Add(p Pattern, owner uint32) {
	key := "c"
	if p.Nocase {
		p.Bytes, key = ascii.ToLower(p.Bytes), "i"
	}
	key += string(p.Bytes)
	i, ok := c.index[key]
	if !ok {
		if c.index == nil {
			c.index = map[string]int{}
		}
		i = len(c.patterns)
		c.index[key] = i
		c.patterns, c.owners = append(c.patterns, p), append(c.owners, nil)
	}
	c.owners[i] = append(c.owners[i], owner)
}

// Len is the number of patterns.
func (c *Collection) Len() int { return len(c.patterns) }

// Owned are the owners of patterns, one after the other: those of pattern i are
// Owners[From[i]:From[i+1]].
type Owned struct{ From, Owners []uint32 }

// Divided lists the owners by the class that of, below n, gives each.
func (c *Collection) Divided(n int, of func(owner uint32) int) []Owned {
	parts := make([]Owned, n)
	for i := range parts {
		parts[i].From = make([]uint32, 1, len(c.owners)+1)
	}
	for _, list := range c.owners {
		for _, owner := range list {
			p := &parts[of(owner)]
			p.Owners = append(p.Owners, owner)
		}
		for i := range parts {
			parts[i].From = append(parts[i].From, uint32(len(parts[i].Owners)))
		}
	}
	return parts
}

// Part are patterns of a collection. What is found of them has the number that it has there.
type Part struct {
	patterns []Pattern
	numbers  []uint32 // in the collection, in order; nil for all
}

// Whole has all the patterns.
func (c *Collection) Whole() Part { return Part{patterns: c.patterns} }

// Of has the patterns of the owners that are wanted.
func (c *Collection) Of(wanted func(owner uint32) bool) (p Part) {
	for i, owners := range c.owners {
		if slices.ContainsFunc(owners, wanted) {
			p.patterns, p.numbers = append(p.patterns, c.patterns[i]), append(p.numbers, uint32(i))
		}
	}
	return p
}

// Len is the number of patterns.
func (p Part) Len() int { return len(p.patterns) }

// Within tells that another part of the same collection has all patterns of p.
func (p Part) Within(o Part) bool {
	if o.numbers == nil {
		return true
	}
	i := 0
	for _, n := range p.numbers {
		for i < len(o.numbers) && o.numbers[i] < n {
			i++
		}
		if i == len(o.numbers) || o.numbers[i] != n {
			return false
		}
	}
	return p.numbers != nil
}

// numbered gives what was found the numbers that it has in the collection.
func (db *DB) numbered(found []uint32) []uint32 {
	if db.numbers != nil {
		for i, n := range found {
			found[i] = db.numbers[n]
		}
	}
	return found
}

// Build makes a database of each part, none of them empty, on so many processors. The
// largest come first: a start waits for nothing longer than for them.
func (c *Cache) Build(all []Part, processors int) ([]*DB, error) {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[b].Len(), all[a].Len()) })
	dbs, errs := make([]*DB, len(all)), make([]error, len(all))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(all), processors) {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(order)); n = next.Add(1) - 1 {
				i := order[n]
				if dbs[i], errs[i] = c.Compile(all[i].patterns); errs[i] != nil {
					errs[i] = fmt.Errorf("collection %d: %w", i, errs[i])
					continue
				}
				dbs[i].numbers = all[i].numbers
			}
		})
	}
	wg.Wait()
	err := errors.Join(errs...)
	if err == nil {
		return dbs, nil
	}
	for _, db := range dbs {
		if db != nil {
			db.Close()
		}
	}
	return nil, err
}
