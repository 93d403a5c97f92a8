package filter

import (
	"cmp"
	"errors"
	"slices"
)

// Scope says which names an entry means.
type Scope uint8

// Scopes.
const (
	Exact Scope = 1 << iota // the name itself
	Below                   // names below it
)

// Mark says whose an entry is.
type Mark struct {
	List   uint8
	Scope  Scope // of names; other entries have Exact
	Except bool  // the list does not mean this
}

// class is a set of marks; entries with the same marks share it. 0 is the empty set.
type class uint16

// maxClasses that a class can name.
const maxClasses = 1 << 16

var errCombinations = errors.New("more than 65,535 different combinations of lists share an entry; merge some lists")

// classes are the sets in use.
type classes struct {
	sets  [][]Mark
	index map[string]class // by the set's bytes
	next  map[step]class
}

// step is the way from one set to the next.
type step struct {
	from class
	m    Mark
	lead bool
}

func newClasses() *classes {
	return &classes{sets: [][]Mark{nil}, index: map[string]class{"": 0}, next: map[step]class{}}
}

// with returns the set from and m. Marks of names are in the order of their lists; lead
// puts one first, as the more specific network.
func (c *classes) with(from class, m Mark, lead bool) (class, error) {
	s := step{from, m, lead}
	if to, ok := c.next[s]; ok {
		return to, nil
	}
	set := join(c.sets[from], m, lead)
	key := make([]byte, 0, 3*len(set))
	for _, m := range set {
		except := byte(0)
		if m.Except {
			except = 1
		}
		key = append(key, m.List, byte(m.Scope), except)
	}
	to, ok := c.index[string(key)]
	if !ok {
		if len(c.sets) == maxClasses {
			return from, errCombinations
		}
		to = class(len(c.sets))
		c.sets, c.index[string(key)] = append(c.sets, set), to
	}
	c.next[s] = to
	return to, nil
}

// join makes the set of old and m.
func join(old []Mark, m Mark, lead bool) []Mark {
	set := slices.Clone(old)
	for i := range set {
		if set[i].List == m.List && set[i].Except == m.Except {
			set[i].Scope |= m.Scope
			return set
		}
	}
	if lead {
		return slices.Insert(set, 0, m)
	}
	set = append(set, m)
	slices.SortStableFunc(set, func(a, b Mark) int { return cmp.Compare(a.List, b.List) })
	return set
}
