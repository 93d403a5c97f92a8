package inventory

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"otasuke/content/devices"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/heard"
	"otasuke/gateway/internal/makers"
	"otasuke/wire"
)

// Limits.
const (
	// MaxDevices with an address of their maker: ten times the largest office. What comes
	// past it is counted.
	MaxDevices = 2000
	// MaxVisitors with an address of their own making; the longest unseen makes room.
	MaxVisitors = 500
	// maxNew devices in a minute are taken: an office that is switched on has them, a program
	// that makes up addresses has more.
	maxNew = 100
	// visitorsFor is how long a made-up address is remembered.
	visitorsFor = 7 * 24 * time.Hour
	// refresh is how often the centre hears that a device is still there.
	refresh = time.Hour
	// perReport devices: what is left goes with the next. All texts of one are under 8 KiB.
	perReport = 200
	// lookEvery is how often it is looked whether devices have gone.
	lookEvery = time.Hour
)

// Config says what a table knows.
type Config struct {
	Known  *devices.Set
	Makers *makers.List // nil for none
	// Every is the time between two reports; second servers and routers are told at once.
	Every time.Duration
	// Dormant is after how long a device that comes back is worth a word.
	Dormant time.Duration
	// Home tells inside addresses.
	Home func(netip.Addr) bool
}

// Table is what is known of all devices. It is safe for concurrent use; the clock is its
// caller's.
type Table struct {
	cfg   Config
	asked asked

	mu      sync.Mutex
	began   int64
	now     int64 // as it was told last
	devices map[[6]byte]*one
	sums    [2]int // devices, visitors
	minute  int64  // of fresh
	fresh   int
	refused uint64
	report  int64 // the last
	looked  int64
	urgent  bool
	changed bool  // since it was saved
	chosen  int64 // when a client's server was looked for
	deaf    deaf
}

// New makes an empty table that began at now (microseconds).
func New(cfg Config, now int64) *Table {
	if cfg.Dormant <= 0 {
		cfg.Dormant = 30 * 24 * time.Hour
	}
	return &Table{cfg: cfg, asked: newAsked(), began: now, now: now, devices: map[[6]byte]*one{}, report: now, looked: now}
}

// Refused counts what was heard of devices for which there was no room.
func (t *Table) Refused() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused
}

// Hear takes a note at now (microseconds).
func (t *Table) Hear(n heard.Note, now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hear(n, now)
}

func (t *Table) hear(n heard.Note, now int64) {
	d := t.find(n.MAC, now)
	if d == nil {
		return
	}
	t.seen(d, now)
	fresh := false
	switch n.What {
	case heard.Addr:
		fresh = put(&d.Addrs, maxAddrs, n.By, n.Addr.String(), now)
	case heard.Name:
		fresh = put(&d.Names, maxNames, n.By, n.Text, now)
	case heard.Clue:
		fresh = d.clue(n.By, n.Text, now)
		fresh = d.tells(n.By, n.Text, now) || fresh
	case heard.Server, heard.Router:
		t.gate(d, n, now)
	case heard.Chosen:
		if s := t.server(n.Addr, now); s != nil {
			t.gate(s, heard.Note{What: heard.Server, Addr: n.Addr}, now)
		}
	}
	d.dirty = d.dirty || fresh
}

// find gives the device with an address, a new one if there is room.
func (t *Table) find(mac [6]byte, now int64) *one {
	t.clock(now)
	if d := t.devices[mac]; d != nil {
		return d
	}
	if mac == [6]byte{} || mac[0]&1 != 0 {
		return nil
	}
	if m := now / minute; m != t.minute {
		t.minute, t.fresh = m, 0
	}
	which, most := 0, MaxDevices
	if random(mac) {
		which, most = 1, MaxVisitors
	}
	if t.fresh++; t.fresh > maxNew {
		t.refused++
		return nil
	}
	if t.sums[which] >= most && !(which == 1 && t.drop()) {
		t.refused++
		return nil
	}
	t.sums[which]++
	d := &one{MAC: mac, First: now, Last: now, Days: 1, Early: now < t.began+Learning.Microseconds(), dirty: true}
	if !d.Early && !random(mac) {
		d.tell(wire.ChangeNew, "", now)
	}
	t.devices[mac], t.changed = d, true
	return d
}

// chosenEvery is the time between two looks for a server that clients speak of.
const chosenEvery = 100_000

// deaf is the longest time in which nobody listened: the box was off. Who was not heard then
// was not away.
type deaf struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// away is for how long a device that was seen last at a time was not there, though somebody
// listened.
func (t *Table) away(last, now int64) int64 {
	away := now - last
	if last <= t.deaf.From {
		away -= t.deaf.To - t.deaf.From
	}
	return away
}

// leap is how much later it is at once when a clock was wrong and is corrected, as that of a box which keeps no time
// while it is off: otherwise it is told every second.
const leap = 10 * minute

// clock takes the time. When it leaps nobody was away, and the first days are as long as ever, or a new box would tell
// of each device of the office.
func (t *Table) clock(now int64) {
	before := t.now
	t.now = now
	if now-before <= leap {
		return
	}
	t.changed = true
	if now-before > t.deaf.To-t.deaf.From {
		t.deaf = deaf{before, now}
	}
	if before >= t.began+Learning.Microseconds() {
		return
	}
	for _, d := range t.devices {
		if d.First >= t.began {
			d.First, d.Last = d.First+now-before, d.Last+now-before
		}
	}
	t.began += now - before
}

const (
	minute = 60_000_000
	day    = 24 * 60 * minute
)

// drop forgets the visitor that was not seen for longest.
func (t *Table) drop() bool {
	var oldest *one
	for _, d := range t.devices {
		if random(d.MAC) && (oldest == nil || d.Last < oldest.Last) {
			oldest = d
		}
	}
	if oldest == nil {
		return false
	}
	t.forget(oldest)
	return true
}

func (t *Table) forget(d *one) {
	delete(t.devices, d.MAC)
	if t.sums[0]--; random(d.MAC) {
		t.sums[0]++
		t.sums[1]--
	}
}

// seen notes that a device is there.
func (t *Table) seen(d *one, now int64) {
	if d.Last-now >= minute { // the clock was put back: nobody was seen later than now
		d.First, d.Last, d.Told, t.changed = min(d.First, now), now, min(d.Told, now), true
	}
	away := t.away(d.Last, now)
	if now <= d.Last {
		return
	}
	if now/day != d.Last/day {
		d.Days++
	}
	d.Last, t.changed = now, true
	if away > t.cfg.Dormant.Microseconds() && !random(d.MAC) {
		d.tell(wire.ChangeReturned, "", now)
	}
	if d.Gone {
		d.Gone, d.dirty = false, true
	}
}

// tell puts a change into the next report; the same one stands there once.
func (d *one) tell(what, detail string, now int64) {
	if len(d.ToTell) >= wire.MaxOfDevice || slices.ContainsFunc(d.ToTell, func(c wire.DeviceChange) bool { return c.What == what }) {
		return
	}
	d.ToTell = append(d.ToTell, wire.DeviceChange{What: what, Detail: detail, At: time.UnixMicro(now).UTC()})
	d.dirty = true
}

// gate notes who gives out addresses or is a way out. The first is the office's own; another
// one beside it is told at once, also in the first days.
func (t *Table) gate(d *one, n heard.Note, now int64) {
	which, at, what := 0, &d.Server, wire.ChangeDHCP
	if n.What == heard.Router {
		which, at, what = 1, &d.Router, wire.ChangeRouter
	}
	d.dirty = d.dirty || *at == 0
	*at = now
	if n.Addr.IsValid() {
		d.Own = n.Addr.String()
	}
	if d.Rogue[which] {
		return
	}
	for _, o := range t.devices {
		was := o.Server
		if which == 1 {
			was = o.Router
		}
		// The one that was there longer is the office's, unless it is silent for long.
		if o != d && was != 0 && now-was < t.cfg.Dormant.Microseconds() && !o.Rogue[which] {
			d.Rogue[which], d.urgent, t.urgent = true, true, true
			d.tell(what, o.Own, now)
			return
		}
	}
}

// server is the device of which a client says that it gives out addresses: who has done so at
// this address, else who has the address. nil for none that is known, and right after another
// was looked for: a flood of requests must not keep conversations waiting.
func (t *Table) server(a netip.Addr, now int64) (best *one) {
	if since := now - t.chosen; since >= 0 && since < chosenEvery {
		return nil
	}
	t.chosen = now
	text, newest := a.String(), int64(0)
	for _, d := range t.devices {
		if d.Server != 0 && d.Own == text {
			return d
		}
		for _, s := range d.Addrs {
			if s.Text == text && s.Last > newest {
				best, newest = d, s.Last
			}
		}
	}
	return best
}

// Lines are the events that are due at now (microseconds), each as a line for the supervisor.
func (t *Table) Lines(now int64) (out []byte) {
	for _, e := range t.Take(now) {
		if line, err := eve.EventLine(e); err == nil {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

// Take gives what the centre should hear at now: what is urgent, and once in a period
// whatever changed.
func (t *Table) Take(now int64) (out []wire.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clock(now)
	if now-t.looked >= lookEvery.Microseconds() || now < t.looked {
		t.looked = now
		t.look(now)
	}
	due := now-t.report >= t.cfg.Every.Microseconds() || now < t.report
	if !due && !t.urgent {
		return nil
	}
	for _, d := range t.sorted() {
		if d.urgent || due && (d.dirty || d.Last-d.Told >= refresh.Microseconds()) {
			if len(out) == perReport {
				return out // the rest with the next look, in a second
			}
			out = append(out, t.event(d, now))
		}
	}
	if t.urgent = false; due {
		t.report = now
	}
	return out
}

// sorted gives devices in an order that stays the same.
func (t *Table) sorted() []*one {
	all := make([]*one, 0, len(t.devices))
	for _, d := range t.devices {
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b *one) int { return slices.Compare(a.MAC[:], b.MAC[:]) })
	return all
}

// event tells of a device, and notes what was told.
func (t *Table) event(d *one, now int64) wire.Event {
	j := judge(d, t.cfg.Known, t.maker(d), now)
	if !random(d.MAC) {
		t.compare(d, j, now)
	}
	e := wire.Event{ID: eve.NewID(now), Time: time.UnixMicro(now).UTC(), Kind: wire.KindDevice,
		Device: wire.Device{MAC: d.mac(), Addr: d.addr()}, Inside: d.inside(j)}
	d.ToTell, d.Told, d.dirty, d.urgent, t.changed = nil, now, false, false, true
	return e
}

func (t *Table) maker(d *one) string {
	if random(d.MAC) {
		return ""
	}
	return t.cfg.Makers.Of(d.MAC)
}

// compare finds what has become of a device since it was told of.
func (t *Table) compare(d *one, j judged, now int64) {
	if j.kind.Sure >= sureKind && j.kind.ID != d.Kind {
		if d.Kind != "" && now-d.First > settled.Microseconds() {
			d.tell(wire.ChangeKind, d.Kind, now)
		}
		d.Kind = j.kind.ID
	}
	if os, ok := t.cfg.Known.OS(j.os.ID); ok && j.os.Sure >= sureOld && os.Old(time.UnixMicro(now)) && d.OldOS != os.ID {
		d.OldOS = os.ID
		d.tell(wire.ChangeOldOS, os.ID, now)
	}
}

// look finds devices that have gone, and forgets visitors of long ago.
func (t *Table) look(now int64) {
	for _, d := range t.devices {
		away := time.Duration(t.away(d.Last, now)) * time.Microsecond
		switch {
		case random(d.MAC):
			if away > visitorsFor {
				t.forget(d)
				t.changed = true
			}
		case away > goneAfter && d.Days >= resident && !d.Gone:
			d.Gone = true
			d.tell(wire.ChangeGone, "", now)
		}
	}
}
