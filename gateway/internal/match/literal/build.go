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

// Build makes a database of each collection, none of them empty, on so many processors. The
// largest come first: a start waits for nothing longer than for them.
func (c *Cache) Build(all []*Collection, processors int) ([]*DB, error) {
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
				}
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
