// Package order puts rules into the order in which they are tried.
//
// Pure. Only match calls it, while rules are compiled.
package order

import (
	"cmp"
	"slices"

	"otasuke/rule"
)

// Rules sorts rules into the order in which they are tried: by action, then
// those that set flow bits before those that ask, then by priority.
func Rules(rules []*rule.Rule, order []rule.Action) []*rule.Rule {
	out := slices.Clone(rules)
	rank := func(r *rule.Rule) int {
		if order == nil {
			return int(r.Action)
		}
		a := r.Action
		if a.Blocks() && a != rule.Drop {
			a = rule.Reject
		}
		if i := slices.Index(order, a); i >= 0 {
			return i
		}
		return len(order) + int(r.Action)
	}
	slices.SortStableFunc(out, func(a, b *rule.Rule) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(bitRank(a), bitRank(b)), cmp.Compare(a.Priority, b.Priority))
	})
	return out
}

func bitRank(r *rule.Rule) int {
	set, ask := false, false
	for _, f := range r.Flowbits {
		set, ask = set || !f.Op.Condition(), ask || f.Op.Condition()
	}
	switch {
	case set && !ask:
		return 0
	case set:
		return 1
	case ask:
		return 2
	}
	return 3
}
