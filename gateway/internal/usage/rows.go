package usage

import (
	"bytes"
	"net/netip"
	"strconv"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/flow"
	"otasuke/gateway/internal/inventory"
	"otasuke/gateway/internal/traffic"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

// partEvery is how often a conversation that goes on gets a row, microseconds: who looks
// for what happened today does not wait for its end.
const partEvery = 60 * minute

// Conversation is what a table is told of one.
type Conversation struct {
	*flow.Traffic
	ID   uint64
	Home func(netip.Addr) bool
	Who  func() filter.Device
	// Told tells that something was reported of it, Stopped that it does not pass.
	Told, Stopped bool
}

// part is what rows before have told of a conversation.
type part struct {
	until   int64
	bytes   [2]uint64
	packets uint64
}

// Log lets the table write rows of the traffic log, too. country names that of an outside
// address; nil when nobody knows.
func (t *Table) Log(rows *traffic.Gather, country func(netip.Addr) string) {
	t.rows, t.country = rows, country
}

// Watch lets the inventory see what devices ask for.
func (t *Table) Watch(devices *inventory.Table) { t.devices = devices }

// Step looks at what one direction of a transaction has shown: what was asked, and what a server of the office says of itself.
func (t *Table) Step(f *Flow, c *Conversation, tx *app.Tx, dir int, server netip.Addr) {
	if t != nil && dir == app.ToClient && tx.Proto == rule.ProtoHTTP {
		t.devices.Serves(server, &tx.Sides[dir], c.Last)
	}
	t.Asks(f, c, &tx.Sides[app.ToServer])
}

// Asks notes the names that a side of a transaction asks for. One more name is one more row.
func (t *Table) Asks(f *Flow, c *Conversation, side *app.Side) {
	if t == nil {
		return
	}
	if t.devices != nil {
		t.devices.Asks(c.Who(), side, c.Last)
	}
	if t.rows == nil {
		return
	}
	for i := range side.Values {
		v := &side.Values[i]
		if !v.Fresh || len(v.Data) == 0 {
			continue
		}
		switch v.Buffer {
		case rule.HTTPHost, rule.TLSSNI, rule.QUICSNI, rule.DNSQueries:
			t.asks(f, c, v.Data)
		}
	}
}

func (t *Table) asks(f *Flow, c *Conversation, name []byte) {
	var buf [traffic.MaxName]byte
	b := buf[:copy(buf[:], bytes.TrimSuffix(name, []byte(".")))]
	for i, c := range b {
		b[i] = ascii.Lower[c]
	}
	if f.name != nil && *f.name == string(b) {
		return
	}
	switch {
	case f.over: // the same ends ask for something else
		f.over, f.part = false, &part{until: c.Last, bytes: c.Bytes, packets: c.Packets[0] + c.Packets[1]}
	case f.name != nil:
		t.row(f, c, true)
	}
	f.name = t.names.one(b)
}

// Found notes what was found in a conversation; the first that is said stays.
func (f *Flow) Found(why string) {
	if f.why == nil {
		kept := why // only now it goes to the heap
		f.why = &kept
	}
}

// FoundRule notes the rule that matched.
func (f *Flow) FoundRule(sid uint32) { f.Found("rule:" + strconv.FormatUint(uint64(sid), 10)) }

// FoundSite notes a listed name or address, and whether it was kept from the device.
func (f *Flow) FoundSite(list string, stopped bool) {
	f.Found("site:" + list)
	f.stopped = f.stopped || stopped
}

// Over writes the row of a conversation of which hardly anything can come any more: who
// looks for it does not wait until it is forgotten.
func (t *Table) Over(f *Flow, c *Conversation) {
	if t == nil || f.over || f.letGo {
		return
	}
	f.over = true
	t.row(f, c, false)
}

// row writes one for what the conversation has carried since the row before; more tells
// that it goes on.
func (t *Table) row(f *Flow, c *Conversation, more bool) {
	if t.rows.Full() {
		return // the next row tells of it
	}
	r, ok := t.about(f, c)
	if !ok {
		return
	}
	carried, packets := c.Bytes, c.Packets[0]+c.Packets[1]
	if p := f.part; p != nil {
		r.Start = p.until
		packets -= min(packets, p.packets)
		for i := range carried {
			carried[i] -= min(carried[i], p.bytes[i])
		}
	}
	if r.Packets, r.More = packets, more; !more && f.part == nil {
		r.ID = 0 // there is nothing to join
	}
	if r.Up, r.Down = carried[0], carried[1]; r.Inbound {
		r.Up, r.Down = r.Down, r.Up
	}
	if more {
		f.part = &part{until: c.Last, bytes: c.Bytes, packets: c.Packets[0] + c.Packets[1]}
	}
	t.rows.Add(&r)
}

// about fills in what does not change while it goes on.
func (t *Table) about(f *Flow, c *Conversation) (r traffic.Flow, ok bool) {
	k := &c.Key
	client, server := c.Home(k.Client), c.Home(k.Server)
	if t.rows == nil || !client && !server {
		return r, false
	}
	d := c.Who()
	r = traffic.Flow{ID: c.ID, Start: c.Started, End: c.Last, MAC: d.MAC, Device: d.Addr.WithZone(""), DevicePort: k.ClientPort, Peer: k.Server.WithZone(""), PeerPort: k.ServerPort,
		Proto: k.Proto, Inbound: !client, Inside: client && server, Silent: c.Packets[1] == 0}
	if r.Inbound {
		r.Peer, r.DevicePort, r.PeerPort = k.Client.WithZone(""), k.ServerPort, k.ClientPort
	}
	if f.name != nil {
		r.Name = *f.name
	}
	if f.why != nil {
		r.Why = *f.why
	}
	switch {
	case c.Stopped || f.stopped:
		r.Verdict = traffic.Blocked
	case c.Told || r.Why != "":
		r.Verdict = traffic.Told
	}
	if a := t.known.Table().Application(f.App); a != nil && f.App != apps.ID(0) {
		r.App, r.Category = a.ID, a.Category
	}
	if t.country != nil && !r.Inside {
		r.Country = t.country(r.Peer)
	}
	return r, true
}

// begun is what the rows of a conversation begin with that the kernel forwards.
func (t *Table) begun(f *Flow, c *Conversation) (*traffic.Flow, bool) {
	r, ok := t.about(f, c)
	if !ok {
		return nil, false
	}
	var told [2]uint64
	if r.Packets = c.Packets[0] + c.Packets[1]; f.part != nil {
		told, r.Start = f.part.bytes, f.part.until
		r.Packets -= min(r.Packets, f.part.packets)
	}
	if r.Up, r.Down = told[0], told[1]; r.Inbound {
		r.Up, r.Down = r.Down, r.Up
	}
	return &r, true
}

// rest writes the rows of what the kernel still forwards.
func (t *Table) rest() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.letGo {
		l.let(t.rows, true)
	}
}

// due tells that a row is due though the conversation goes on.
func (f *Flow) due(c *Conversation) bool {
	since := c.Started
	if f.part != nil {
		since = f.part.until
	}
	return c.Last-since >= partEvery
}

// let writes the row of a connection that the kernel forwards, for what it has carried since
// the row before.
func (l *letGo) let(rows *traffic.Gather, more bool) {
	if l.row == nil {
		return
	}
	now := l.counted
	if l.inbound {
		now[0], now[1] = now[1], now[0]
	}
	r := *l.row
	r.Up, r.Down, r.More = now[0]-min(now[0], l.row.Up), now[1]-min(now[1], l.row.Down), more
	rows.Add(&r)
	l.row.Start, l.row.Up, l.row.Down, l.row.Packets = r.End, now[0], now[1], 0
}
