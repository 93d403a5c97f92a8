package answer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"otasuke/gateway/internal/flowlog"
	"otasuke/gateway/internal/traffic"
	"otasuke/wire"
)

const (
	// defaultBefore is how long before it was noticed something may have begun.
	defaultBefore = 24 * time.Hour
	// justBefore it was noticed, what is unusual counts, too.
	justBefore = time.Hour
	// maxDepth is how many devices far a chain of contacts is followed.
	maxDepth = 3
	// commonShare of the devices, one in so many, and commonLeast of them, make a destination
	// common: an update service, a search engine.
	commonShare, commonLeast = 4, 3
	// scanPeers that do not answer in the time that is looked at make a scan.
	scanPeers = 10
	// maxPlaces bounds the destinations that are compared.
	maxPlaces = 100_000
)

// doors are ports by which one machine does something at another.
var doors = map[uint16]string{22: "SSH", 135: "RPC", 139: "SMB", 445: "SMB", 3389: "RDP", 5900: "VNC", 5985: "WinRM", 5986: "WinRM"}

var errNobody = errors.New("answer: the traffic log does not have this device in that time")

// place is a destination outside: a name, or an address without one.
type place struct {
	name string
	addr netip.Addr
}

// visit is what a device did at a place, or with another device.
type visit struct {
	first, last int64
	flows       int
	bad         bool // something was found in it
	silent      int
	ports       []uint16 // a few
}

func (v *visit) add(f *traffic.Flow) {
	if v.flows == 0 {
		v.first = f.Start
	}
	v.first, v.last, v.flows = min(v.first, f.Start), max(v.last, f.End), v.flows+1
	v.bad = v.bad || f.Verdict != traffic.Passed
	if f.Silent {
		v.silent++
	}
	if len(v.ports) < 4 && !slices.Contains(v.ports, f.PeerPort) {
		v.ports = append(v.ports, f.PeerPort)
	}
}

// host is a device in the time that is looked at.
type host struct {
	key    key
	addr   netip.Addr
	last   int64
	signs  map[string]*visit
	places map[place]*visit
	calls  map[netip.Addr]*visit // of devices inside
	at     int                   // in the answer, -1
	since  int64                 // from when on it counts
}

// tracer builds the graph.
type tracer struct {
	hosts  map[key]*host
	byAddr map[netip.Addr]*host
	users  map[place]int // devices that were there
	out    *wire.SpreadAnswer
	found  map[edgeKey]bool
}

type edgeKey struct {
	from, to int
	kind     string
	what     string
}

// spread follows what a device had.
func spread(ctx context.Context, log Log, q *wire.SpreadQuery) (*wire.SpreadAnswer, error) {
	before := q.Before
	if before <= 0 {
		before = defaultBefore
	}
	mac, err := hardware(q.MAC)
	if err != nil {
		return nil, err
	}
	t := &tracer{hosts: map[key]*host{}, byAddr: map[netip.Addr]*host{}, users: map[place]int{}, found: map[edgeKey]bool{}}
	t.out = &wire.SpreadAnswer{Since: log.Stats().Oldest, From: q.At.Add(-before), Until: q.Until}
	if t.out.Until.IsZero() {
		t.out.Until = time.Now().UTC()
	}
	window := &flowlog.Query{From: micros(t.out.From), To: micros(t.out.Until)}
	broken := log.Each(ctx, window, flowlog.All&^flowlog.Sizes, func(f *traffic.Flow) bool { t.take(f); return true })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	first := t.byAddr[q.Device.Unmap()]
	if mac != [6]byte{} {
		first = t.hosts[key{mac: mac}]
	}
	if first == nil {
		return nil, errors.Join(errNobody, broken)
	}
	first.since = q.At.Add(-justBefore).UnixMicro()
	t.node(first, "")
	t.follow(first, 0)
	t.unseen(first)
	return t.out, broken
}

// take notes a flow.
func (t *tracer) take(f *traffic.Flow) {
	k := deviceKey(f)
	h := t.hosts[k]
	if h == nil {
		h = &host{key: k, at: -1, signs: map[string]*visit{}, places: map[place]*visit{}, calls: map[netip.Addr]*visit{}}
		t.hosts[k] = h
	}
	if f.End >= h.last {
		h.last, h.addr = f.End, f.Device
	}
	t.byAddr[f.Device] = h
	if f.Why != "" {
		note(h.signs, f.Why, f)
	}
	switch {
	case f.Inside && f.PeerPort == 53: // everybody asks the router
		if f.Name != "" {
			t.visit(h, place{name: f.Name}, f)
		}
	case f.Inside:
		note(h.calls, f.Peer, f)
	case f.Name != "":
		t.visit(h, place{name: f.Name}, f)
	case !f.Inbound && f.Peer.IsGlobalUnicast():
		t.visit(h, place{addr: f.Peer}, f)
	}
}

func note[K comparable](m map[K]*visit, k K, f *traffic.Flow) {
	v := m[k]
	if v == nil {
		v = new(visit)
		m[k] = v
	}
	v.add(f)
}

func (t *tracer) visit(h *host, p place, f *traffic.Flow) {
	v := h.places[p]
	if v == nil {
		if t.users[p] == 0 && len(t.users) >= maxPlaces {
			t.out.Cut = true
			return
		}
		v = new(visit)
		h.places[p] = v
		t.users[p]++
	}
	v.add(f)
}

// node gives a device its place in the answer; -1 when there is no room.
func (t *tracer) node(h *host, worst wire.Certainty) int {
	if h.at < 0 {
		if len(t.out.Devices) >= wire.MaxDevices {
			t.out.Cut = true
			return -1
		}
		h.at = len(t.out.Devices)
		d := wire.SpreadDevice{MAC: macText(h.key.mac), Device: h.addr, Worst: worst, Last: when(h.last)}
		for s := range h.signs {
			d.Signs = append(d.Signs, s)
		}
		slices.Sort(d.Signs)
		d.Signs = d.Signs[:min(len(d.Signs), wire.MaxSigns)]
		t.out.Devices = append(t.out.Devices, d)
	}
	d := &t.out.Devices[h.at]
	if h.at > 0 && (d.Worst == "" || worse(worst, d.Worst)) {
		d.Worst = worst
	}
	return h.at
}

// worse tells that a is better founded than b.
func worse(a, b wire.Certainty) bool {
	order := []wire.Certainty{wire.Certain, wire.Suspected, wire.Unseen, ""}
	return slices.Index(order, a) < slices.Index(order, b)
}

// edge adds one, with its end.
func (t *tracer) edge(from *host, to *host, kind string, c wire.Certainty, what string, v *visit) {
	if from == to {
		return
	}
	at := t.node(to, c)
	k := edgeKey{from.at, at, kind, what}
	if at < 0 || t.found[k] {
		return
	}
	if len(t.out.Edges) >= wire.MaxEdges {
		t.out.Cut = true
		return
	}
	t.found[k] = true
	t.out.Edges = append(t.out.Edges, wire.SpreadEdge{From: from.at, To: at, Kind: kind, Certainty: c, What: what, First: when(v.first), Last: when(v.last), Flows: v.flows})
}

// follow adds what leads from a device, and goes on from the devices that it has reached.
func (t *tracer) follow(h *host, depth int) {
	if depth == 0 { // what was found at the first device is looked for everywhere
		t.signs(h)
		t.places(h)
	}
	var next []*host
	scans := 0
	for _, v := range h.calls {
		if v.silent == v.flows && v.last >= h.since {
			scans++
		}
	}
	for _, a := range ordered(h.calls, func(a, b netip.Addr) int { return a.Compare(b) }) {
		v, other := h.calls[a], t.byAddr[a]
		if other == nil {
			other = &host{key: key{addr: a}, addr: a, last: v.last, at: -1} // it has said nothing itself
			t.byAddr[a] = other
		}
		switch {
		case v.silent == v.flows && scans >= scanPeers:
			t.edge(h, other, wire.EdgeScan, wire.Certain, ports(v), v)
		case v.bad:
			t.edge(h, other, wire.EdgeContact, wire.Certain, ports(v), v)
			next = append(next, other)
		case v.first >= h.since && v.silent < v.flows && opens(v):
			t.edge(h, other, wire.EdgeContact, wire.Suspected, ports(v), v)
			next = append(next, other)
		}
	}
	if depth+1 >= maxDepth {
		return
	}
	for _, n := range next {
		if n.at > 0 && n.since == 0 && n.calls != nil {
			n.since = max(h.calls[n.addr].firstOf(), h.since)
			t.follow(n, depth+1)
		}
	}
}

// firstOf is when it began, 0 for none.
func (v *visit) firstOf() int64 {
	if v == nil {
		return 0
	}
	return v.first
}

// opens tells that one of the ports is a door.
func opens(v *visit) bool {
	return slices.ContainsFunc(v.ports, func(p uint16) bool { return doors[p] != "" })
}

func ports(v *visit) string {
	var all []string
	for _, p := range v.ports {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%d %s", p, doors[p])))
	}
	return strings.Join(all, ", ")
}

func ordered[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}

// others are all devices but one, in a fixed order.
func (t *tracer) others(h *host) []*host {
	all := make([]*host, 0, len(t.hosts))
	for _, o := range t.hosts {
		if o != h {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *host) int {
		return cmp.Or(slices.Compare(a.key.mac[:], b.key.mac[:]), a.key.addr.Compare(b.key.addr))
	})
	return all
}

// signs adds the devices at which the same was found.
func (t *tracer) signs(h *host) {
	for _, s := range ordered(h.signs, strings.Compare) {
		for _, o := range t.others(h) {
			if v := o.signs[s]; v != nil {
				t.edge(h, o, wire.EdgeSign, wire.Certain, s, v)
			}
		}
	}
}

// places adds the devices that were at the same rare or bad destinations.
func (t *tracer) places(h *host) {
	for _, p := range ordered(h.places, func(a, b place) int { return cmp.Or(strings.Compare(a.name, b.name), a.addr.Compare(b.addr)) }) {
		mine, users := h.places[p], t.users[p]
		common := users >= commonLeast && users*commonShare > len(t.hosts)
		if users < 2 || !mine.bad && (common || mine.last < h.since) {
			continue
		}
		what := p.name
		if what == "" {
			what = p.addr.String()
		}
		for _, o := range t.others(h) {
			if v := o.places[p]; v != nil {
				c := wire.Suspected
				if mine.bad || v.bad {
					c = wire.Certain
				}
				t.edge(h, o, wire.EdgeDestination, c, what, v)
			}
		}
	}
}

// unseen adds the devices of the same network that nothing leads to: the box does not see
// what they say to each other behind the same switch.
func (t *tracer) unseen(h *host) {
	for _, o := range t.others(h) {
		if o.at < 0 && neighbours(h.addr, o.addr) {
			t.node(o, wire.Unseen)
		}
	}
}

// neighbours tells that two addresses are of one network of the usual size.
func neighbours(a, b netip.Addr) bool {
	bits := 24
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	return err == nil && p.Contains(b)
}
