package apps

// names finds the longest listed domain that a host name is or is below, in one pass over
// the name from its end: the hash of each suffix is met on the way.
type names struct {
	slots []slot // a power of two, at most a quarter in use
	list  []domain
}

// slot holds the upper half of a hash, and the place in list, from 1.
type slot struct {
	hash uint32
	at   uint32
}

type domain struct {
	name string
	app  ID
}

// FNV-1a with a final mix.
const (
	offset uint64 = 14695981039346656037
	prime  uint64 = 1099511628211
)

func step(h uint64, c byte) uint64 { return (h ^ uint64(c)) * prime }

func finish(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return h ^ h>>32
}

// newNames makes the table; names are in lower case, without a dot at the end.
func newNames(of map[string]ID) *names {
	n := 1
	for n < 4*len(of) {
		n *= 2
	}
	t := &names{slots: make([]slot, n)}
	for name, id := range of {
		h := offset
		for i := len(name) - 1; i >= 0; i-- {
			h = step(h, name[i])
		}
		h = finish(h)
		i := int(h) & (n - 1)
		for t.slots[i].at != 0 {
			i = (i + 1) & (n - 1)
		}
		t.list = append(t.list, domain{name, id})
		t.slots[i] = slot{uint32(h >> 32), uint32(len(t.list))}
	}
	return t
}

// get finds a domain by its hash, whose name must still be compared.
func (t *names) get(h uint64) *domain {
	h = finish(h)
	for i := int(h) & (len(t.slots) - 1); t.slots[i].at != 0; i = (i + 1) & (len(t.slots) - 1) {
		if t.slots[i].hash == uint32(h>>32) {
			return &t.list[t.slots[i].at-1]
		}
	}
	return nil
}

func (t *names) find(name []byte) ID {
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	if len(name) > maxName {
		name = name[len(name)-maxName:]
	}
	var found ID
	h, dots := offset, 0
	for i := len(name) - 1; i >= 0; i-- {
		c := name[i]
		if c == '.' {
			if dots++; dots > 1 {
				if d := t.get(h); d != nil && same(name[i+1:], d.name) {
					found = d.app
				}
			}
		}
		h = step(h, lower(c))
	}
	if dots > 0 {
		if d := t.get(h); d != nil && same(name, d.name) {
			found = d.app
		}
	}
	return found
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// same compares a name from the wire with a listed one.
func same(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if lower(c) != s[i] {
			return false
		}
	}
	return true
}
