package apps

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"

	"otasuke/content/apps"
	"otasuke/rule"
)

// ID is the number of an application in a table; 0 for none.
type ID uint16

// maxName is the longest name of DNS as text (RFC 1035 section 2.3.4).
const maxName = 253

// Table is applications ready to be looked up.
type Table struct {
	apps   []apps.App // by number; the first is none
	names  *names
	ja4    map[string]ID
	ports  map[uint32]ID
	nets   []network // by first address
	protos [rule.NumProtos]ID
	signs  [numSigns]ID
}

// network is a range of addresses, and where the nearest range around it stands.
type network struct {
	prefix netip.Prefix
	app    ID
	around int // index, -1 for none
}

// maxNumbers of applications in the life of a process: as many as [Answers] tells apart. A
// file of additions has under a hundred, of which some are new each time.
const maxNumbers = 1 << appBits

// errNumbers: only a restart helps.
var errNumbers = errors.New("apps: more than 16,384 applications since the start; restart the box")

// New makes a table. Of two applications that claim the same the later one has it, so
// that a company's additions win.
func New(c *apps.Catalogue) (*Table, error) { return new(Table).next(c) }

// next makes a table in which applications have the numbers that they have in t. One that
// is gone keeps its number and name, and is told no more.
func (t *Table) next(c *apps.Catalogue) (*Table, error) {
	known := append([]apps.App{{}}, t.apps[min(1, len(t.apps)):]...)
	number := make(map[string]ID, len(known))
	for i := range known {
		number[known[i].ID] = ID(i)
	}
	for i := range c.Apps {
		a := &c.Apps[i]
		if id, ok := number[a.ID]; ok {
			known[id] = *a
			continue
		}
		if len(known) >= maxNumbers {
			return nil, errNumbers
		}
		number[a.ID] = ID(len(known))
		known = append(known, *a)
	}
	return fill(known, c, number), nil
}

func fill(known []apps.App, c *apps.Catalogue, number map[string]ID) *Table {
	t := &Table{apps: known, ja4: map[string]ID{}, ports: map[uint32]ID{}}
	nets, names := map[netip.Prefix]ID{}, map[string]ID{}
	for i := range c.Apps {
		a := &c.Apps[i]
		id := number[a.ID]
		for _, n := range a.Names {
			names[n] = id
		}
		for _, j := range a.JA4 {
			t.ja4[j] = id
		}
		for _, p := range a.Ports {
			for n := int(p.First); n <= int(p.Last); n++ {
				t.ports[portKey(p.UDP, uint16(n))] = id
			}
		}
		for _, n := range a.Nets {
			nets[n] = id
		}
		for _, p := range a.Protos {
			t.proto(p, id)
		}
	}
	for p, id := range nets {
		t.nets = append(t.nets, network{prefix: p, app: id})
	}
	t.nest()
	t.names = newNames(names)
	return t
}

func (t *Table) proto(name string, id ID) {
	if i := slices.Index(apps.Signed, name); i >= 0 {
		t.signs[i+1] = id
	}
	for p := range rule.Proto(rule.NumProtos) {
		if p.App() && p.String() == name {
			t.protos[p] = id
		}
	}
}

// nest sorts the ranges and notes for each which is around it.
func (t *Table) nest() {
	slices.SortFunc(t.nets, func(a, b network) int {
		return cmp.Or(a.prefix.Addr().Compare(b.prefix.Addr()), cmp.Compare(a.prefix.Bits(), b.prefix.Bits()))
	})
	for i := range t.nets {
		j := i - 1
		for j >= 0 && !t.nets[j].prefix.Contains(t.nets[i].prefix.Addr()) {
			j = t.nets[j].around
		}
		t.nets[i].around = j
	}
}

// Len is the number of applications.
func (t *Table) Len() int { return len(t.apps) - 1 }

// Application is what is known about one, nil for none. It must not be changed.
func (t *Table) Application(id ID) *apps.App {
	if id == 0 || int(id) >= len(t.apps) {
		return nil
	}
	return &t.apps[id]
}

// Find is the application of an id, 0 for none.
func (t *Table) Find(id string) ID {
	for i := range t.apps {
		if i > 0 && t.apps[i].ID == id {
			return ID(i)
		}
	}
	return 0
}

// Name looks a host name up: the longest listed domain that it is or is below.
func (t *Table) Name(name []byte) ID { return t.names.find(name) }

// Addr looks an address up; the smallest listed range decides.
func (t *Table) Addr(a netip.Addr) ID {
	a = a.Unmap()
	i, found := slices.BinarySearchFunc(t.nets, a, func(n network, a netip.Addr) int { return n.prefix.Addr().Compare(a) })
	if found {
		for i+1 < len(t.nets) && t.nets[i+1].prefix.Addr() == a {
			i++
		}
	} else {
		i--
	}
	for ; i >= 0; i = t.nets[i].around {
		if t.nets[i].prefix.Contains(a) {
			return t.nets[i].app
		}
	}
	return 0
}

// Port looks a port of a server up.
func (t *Table) Port(udp bool, port uint16) ID { return t.ports[portKey(udp, port)] }

// JA4 looks a client's fingerprint up.
func (t *Table) JA4(fingerprint []byte) ID { return t.ja4[string(fingerprint)] }

// Proto is the application of a protocol.
func (t *Table) Proto(p rule.Proto) ID {
	if int(p) >= len(t.protos) {
		return 0
	}
	return t.protos[p]
}

func portKey(udp bool, port uint16) uint32 {
	if udp {
		return 1<<16 | uint32(port)
	}
	return uint32(port)
}
