// Package usage adds up what each device inside uses which application for: bytes both
// ways, and the minutes in which there were any. A [Table] is bounded and shared by the
// engine's workers; a conversation comes to it once a minute and when it ends, never with
// each packet. What is complete becomes events for the centre.
//
// Callers: engine, gateway.
package usage

import (
	"cmp"
	"math/bits"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/inventory"
	"otasuke/gateway/internal/traffic"
	"otasuke/wire"
)

const (
	// maxCells of one device and application: an office of 100 devices has 4,000 in an
	// hour. Past it devices are counted together.
	maxCells = 16_384
	// maxMinutes of a period: a bit of a cell for each.
	maxMinutes = 60
	// perEvent applications keep an event below what the journal takes, also when all have
	// the longest names.
	perEvent = 128
	minute   = 60_000_000 // microseconds
)

// Flow is what is kept of a conversation. Its zero value is ready.
type Flow struct {
	apps.Flow
	minute  int64     // of the newest packet
	before  int64     // the minute before that
	counted [2]uint64 // bytes of each direction
	Blocked bool      // it was stopped because of its application
	letGo   bool      // the kernel counts its bytes
	// For the traffic log: what was asked for and found, and the rows before.
	name, why *string
	part      *part
	stopped   bool // it did not reach its goal, though it may go on
	over      bool // it has its last row
}

// Turned tells that a packet at now (microseconds) is the first of another minute than that
// of the packet before: there is something to count.
func (f *Flow) Turned(now int64) bool {
	m := now / minute
	if m == f.minute {
		return false
	}
	f.before, f.minute = f.minute, m
	return f.before != 0
}

// key is a device and an application. Devices are told apart by their hardware address,
// where none is known by their address.
type key struct {
	mac  [6]byte
	addr netip.Addr
	app  apps.ID
}

type cell struct {
	up, down, flows, blocked uint64
	minutes                  uint64     // a bit for each of the period
	addr                     netip.Addr // the newest
}

// Table adds up. Make it with [New].
type Table struct {
	known   *apps.Known
	period  int64           // minutes
	rows    *traffic.Gather // of the traffic log; nil for none
	country func(netip.Addr) string
	devices *inventory.Table // nil for none
	names   names

	mu     sync.Mutex
	cells  map[key]*cell
	began  int64 // minute
	merged uint64
	letGo  map[conn]*letGo
}

// New makes a table that reports once in a period, of at most an hour.
func New(k *apps.Known, period time.Duration) *Table {
	return &Table{known: k, period: min(max(int64(period/time.Minute), 1), maxMinutes), cells: map[key]*cell{}, letGo: map[conn]*letGo{}}
}

// Use is what is added at a time.
type Use struct{ Up, Down, Flows, Blocked uint64 }

// Count adds what a conversation between an inside and an outside end has carried since it
// was counted last: to the minute that has turned or, when it is over, to its last. What
// goes into the traffic log is written, too, of conversations inside as well.
func (t *Table) Count(f *Flow, c *Conversation, ends bool) {
	if t == nil {
		return
	}
	if !f.letGo && !f.over && (ends || f.due(c)) {
		t.row(f, c, !ends)
	}
	bytes, outside := c.Bytes, !c.Home(c.Key.Client)
	if outside == !c.Home(c.Key.Server) {
		return
	}
	if outside {
		bytes[0], bytes[1] = bytes[1], bytes[0]
	}
	d, at := c.Who(), f.before
	u := Use{Up: bytes[0] - min(bytes[0], f.counted[0]), Down: bytes[1] - min(bytes[1], f.counted[1])}
	f.counted = bytes
	if f.letGo {
		u = Use{}
	}
	if ends {
		at = f.minute
		u.Flows = 1
		if f.Blocked {
			u.Blocked = 1
		}
	}
	t.Add(d, f.App, u, at*minute)
}

// Add adds to a device and an application at a time in microseconds.
func (t *Table) Add(d filter.Device, id apps.ID, u Use, at int64) {
	if u == (Use{}) {
		return
	}
	k := key{mac: d.MAC, app: id}
	if k.mac == [6]byte{} {
		k.addr = d.Addr.Unmap().WithZone("")
	}
	m := at / minute
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.cells) == 0 && t.began == 0 {
		t.began = m
	}
	c := t.cells[k]
	if c == nil && len(t.cells) >= maxCells {
		t.merged++
		k, d.Addr = key{app: id}, netip.Addr{} // one row for each application: there is an end to them
		c = t.cells[k]
	}
	if c == nil {
		c = new(cell)
		t.cells[k] = c
	}
	c.up, c.down, c.flows, c.blocked, c.addr = c.up+u.Up, c.down+u.Down, c.flows+u.Flows, c.blocked+u.Blocked, d.Addr
	if u.Up+u.Down > 0 {
		c.minutes |= 1 << min(max(m-t.began, 0), t.period-1)
	}
}

// Merged counts what could not be counted for its own device.
func (t *Table) Merged() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.merged
}

// Take gives the events of a period that is over at now (microseconds), or of what there
// is when all is set; nothing when it is not over yet.
func (t *Table) Take(now int64, all bool) []wire.Event {
	m := now / minute
	t.mu.Lock()
	if !all && m >= t.began && m < t.began+t.period {
		t.mu.Unlock()
		return nil
	}
	cells, began := t.cells, min(t.began, m) // of a clock that was put back
	t.cells, t.began = make(map[key]*cell, min(len(cells), maxCells)), m
	t.mu.Unlock()
	return t.events(cells, began, now)
}

// Lines are the events of Take, each as a line for the supervisor.
func (t *Table) Lines(now int64, all bool) (out []byte) {
	if all {
		t.rest()
	}
	for _, e := range t.Take(now, all) {
		if line, err := eve.EventLine(e); err == nil {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

// events makes one for each device, with its applications by size.
func (t *Table) events(cells map[key]*cell, began, now int64) (out []wire.Event) {
	keys := make([]key, 0, len(cells))
	for k := range cells {
		keys = append(keys, k)
	}
	size := func(k key) uint64 { return cells[k].up + cells[k].down }
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(slices.Compare(a.mac[:], b.mac[:]), a.addr.Compare(b.addr), cmp.Compare(size(b), size(a)), cmp.Compare(a.app, b.app))
	})
	for i, k := range keys {
		if i == 0 || k.mac != keys[i-1].mac || k.addr != keys[i-1].addr || len(out[len(out)-1].Usage.Apps) == perEvent {
			out = append(out, wire.Event{ID: eve.NewID(now), Time: time.UnixMicro(now).UTC(), Kind: wire.KindUsage, Device: device(k, cells[k]),
				Usage: &wire.Usage{Since: time.UnixMicro(began * minute).UTC(), Period: int(t.period)}})
		}
		e := &out[len(out)-1]
		e.Usage.Apps = append(e.Usage.Apps, t.use(k.app, cells[k]))
	}
	return out
}

func device(k key, c *cell) wire.Device {
	d := wire.Device{Addr: k.addr}
	if k.mac != [6]byte{} {
		d = wire.Device{MAC: net.HardwareAddr(k.mac[:]).String(), Addr: c.addr.Unmap().WithZone("")}
	}
	return d
}

func (t *Table) use(id apps.ID, c *cell) wire.AppUse {
	u := wire.AppUse{Up: min(c.up, wire.MaxUse), Down: min(c.down, wire.MaxUse), Minutes: bits.OnesCount64(c.minutes), Flows: c.flows, Blocked: c.blocked}
	if a := t.known.Table().Application(id); a != nil {
		u.App, u.Category, u.Name = a.ID, a.Category, a.Ja
	}
	return u
}
