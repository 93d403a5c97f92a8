package match

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"otasuke/gateway/internal/match/literal"
)

// construction is a database to be built.
type construction struct {
	v, dir int
	col    *collection
	db     *literal.DB
	err    error
}

// build makes the databases on all processors, the largest first: a start waits for
// nothing longer than for them.
func (c *compiler) build(all [][2]collection) error {
	var work []*construction
	for v := range all {
		for dir := range all[v] {
			if len(all[v][dir].patterns) > 0 {
				work = append(work, &construction{v: v, dir: dir, col: &all[v][dir]})
			}
		}
	}
	bySize := slices.Clone(work)
	slices.SortStableFunc(bySize, func(a, b *construction) int { return cmp.Compare(len(b.col.patterns), len(a.col.patterns)) })
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(len(work), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(bySize)); i = next.Add(1) - 1 {
				w := bySize[i]
				w.db, w.err = c.cache.Compile(w.col.patterns)
			}
		})
	}
	wg.Wait()
	var err error
	for _, w := range work { // in the order of the variants, so that sets are alike
		if w.err != nil {
			err = errors.Join(err, fmt.Errorf("match: patterns of %s: %w", c.set.variants[w.v].buf, w.err))
			continue
		}
		c.set.addGroup(w.v, w.dir, w.col, w.db)
	}
	return err
}
