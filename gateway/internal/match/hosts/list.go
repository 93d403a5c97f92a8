package hosts

import (
	"net/netip"
	"sync"

	"otasuke/rule"
)

// maxAdded bounds what rules add to a list while they run; beyond it nothing is added.
const maxAdded = 1 << 16

// List is a list that rules share. What rules change of it lies in a [State], so that it
// never changes itself.
type List struct {
	name, kind string
	m          map[string]int64
	about      map[string]string
}

// About returns what the list knows of an entry, a JSON object.
func (d *List) About(b []byte) (string, bool) {
	key, ok := d.entry(b)
	if !ok {
		return "", false
	}
	text, ok := d.about[key]
	return text, ok
}

// changes are what rules have added to a list or taken from it.
type changes struct {
	mu sync.Mutex
	m  map[string]bool // by entry: is it there?
}

// ListOf makes a list ready. Lists of one name share what rules change of them.
func ListOf(l *rule.List) *List {
	return &List{name: l.Name, kind: l.Kind, m: l.Entries, about: l.About}
}

// entry brings addresses into one form.
func (d *List) entry(b []byte) (string, bool) {
	switch d.kind {
	case "ip", "ipv4":
		a, ok := netip.AddrFromSlice(b)
		a = a.Unmap()
		if !ok || d.kind == "ipv4" && !a.Is4() {
			return "", false
		}
		return string(a.AsSlice()), true
	case "md5":
		return string(b), len(b) == 16
	case "sha256":
		return string(b), len(b) == 32
	}
	return string(b), true
}

// Apply does what a rule asks; it fits when the list answers so, or has changed.
func (d *List) Apply(h *State, op rule.BitOp, b []byte) bool {
	key, ok := d.entry(b)
	if !ok {
		return false
	}
	_, has := d.m[key]
	if h == nil {
		return op.Condition() && has == (op == rule.BitIsSet)
	}
	c := h.changesOf(d.name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, changed := c.m[key]; changed {
		has = now
	}
	switch {
	case op.Condition():
		return has == (op == rule.BitIsSet)
	case op == rule.BitSet && !has || op == rule.BitUnset && has:
		if len(c.m) >= maxAdded {
			return false
		}
		c.m[key] = !has
		return true
	}
	return false
}

// changesOf returns the changes of a list.
func (h *State) changesOf(name string) *changes {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.lists[name]
	if c == nil {
		c = &changes{m: map[string]bool{}}
		h.lists[name] = c
	}
	return c
}

// Reputation returns what the list says.
func (d *List) Reputation(b []byte) (int64, bool) {
	key, ok := d.entry(b)
	if !ok {
		return 0, false
	}
	v, ok := d.m[key]
	return v, ok
}
