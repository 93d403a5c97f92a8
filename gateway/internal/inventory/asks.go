package inventory

import (
	"hash/maphash"
	"sync/atomic"

	"otasuke/content/devices"
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/heard"
	"otasuke/internal/ascii"
	"otasuke/rule"
)

const (
	// askedSlots remember what was looked at within the hour; two that share one are looked
	// at more often, that is all. 256 KiB.
	askedSlots = 1 << 15
	// maxAsked bytes of a name or a program's name are looked at: what tells stands near the
	// beginning of one, and the other has at most 253.
	maxAsked = 256
	hourly   = 60 * minute
	// byIP is where an address comes from that was seen in a conversation.
	byIP = "ip"
	// anything that a device asks for shows that it is there.
	anything rule.Buffer = 0
)

// asked remembers what was looked at already.
type asked struct {
	seed  maphash.Seed
	slots []atomic.Uint64
}

func newAsked() asked {
	return asked{maphash.MakeSeed(), make([]atomic.Uint64, askedSlots)}
}

// first tells that something was not looked at in this period, of which each has a number.
func (a *asked) first(mac [6]byte, kind rule.Buffer, b []byte, period int64) bool {
	var h maphash.Hash
	h.SetSeed(a.seed)
	_, _ = h.Write(mac[:])
	_ = h.WriteByte(byte(kind))
	_, _ = h.Write(b)
	sum := h.Sum64()
	slot := &a.slots[sum%askedSlots]
	mark := sum&^0xffff | uint64(period)&0xffff
	// Looking first leaves the slot in the caches of all workers.
	return slot.Load() != mark && slot.Swap(mark) != mark
}

// Asks looks at what a side of a transaction of an inside device has shown. It allocates
// only for what says something new. now is in microseconds.
func (t *Table) Asks(d filter.Device, side *app.Side, now int64) {
	if t == nil || d.MAC == ([6]byte{}) || d.MAC[0]&1 != 0 || !t.cfg.Home(d.Addr) {
		return
	}
	for i := range side.Values {
		v := &side.Values[i]
		if !v.Fresh || len(v.Data) == 0 {
			continue
		}
		switch v.Buffer {
		case rule.HTTPHost, rule.TLSSNI, rule.QUICSNI, rule.DNSQueries, rule.HTTPUserAgent, rule.JA4Hash:
			if t.asked.first(d.MAC, v.Buffer, v.Data, now/hourly) {
				t.told(d, v.Buffer, v.Data, now)
			}
		}
	}
}

func (t *Table) told(d filter.Device, kind rule.Buffer, data []byte, now int64) {
	var buf [maxAsked]byte
	b := buf[:copy(buf[:], data)]
	for i, c := range b {
		b[i] = ascii.Lower[c]
	}
	by, text, ok := devices.ByHost, "", false
	switch kind {
	case rule.HTTPUserAgent:
		t.agent(d, data, now)
		by = devices.ByAgent
		text, ok = t.cfg.Known.Part(by, b)
	case rule.JA4Hash:
		by = devices.ByJA4
		text, ok = t.cfg.Known.Part(by, b)
	default:
		text, ok = t.cfg.Known.Host(b)
	}
	if addr := d.Addr.As16(); !ok && !t.asked.first(d.MAC, anything, addr[:], now/minute) {
		return // the workers do not wait for each other to note again that it is there
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.devices[d.MAC]
	if ok || one == nil || now-one.Last >= minute || one.Last-now >= minute {
		t.hear(heard.Note{MAC: d.MAC, What: heard.Addr, By: byIP, Addr: d.Addr.Unmap().WithZone("")}, now)
	}
	if ok {
		t.hear(heard.Note{MAC: d.MAC, What: heard.Clue, By: by, Text: text}, now)
	}
}
