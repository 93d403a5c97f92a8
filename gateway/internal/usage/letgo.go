package usage

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/traffic"
)

const (
	// maxLetGo connections that the kernel forwards by itself are followed: as many as an
	// engine of one worker has conversations. What more there are carry is not known.
	maxLetGo = 100_000
	// lookEvery is less than the time for which the kernel knows a connection that has ended.
	lookEvery = 5 * time.Second
)

// conn is how the kernel knows a connection.
type conn struct {
	proto          uint8
	client, server netip.AddrPort
}

// letGo is a connection that the kernel forwards without us.
type letGo struct {
	device  filter.Device
	app     apps.ID
	inbound bool          // the device is its server
	counted [2]uint64     // as the kernel counts: from the client, from the server
	fresh   bool          // the kernel was not asked yet
	seen    bool          // the kernel still knows it
	row     *traffic.Flow // what the next row of it begins with; nil without a traffic log
}

// LetGo notes that the kernel forwards a conversation by itself from now on: what it
// carries is asked of the kernel.
func (t *Table) LetGo(f *Flow, c *Conversation) {
	k := &c.Key
	if t == nil || f.letGo || c.Home(k.Client) == c.Home(k.Server) {
		return
	}
	f.before = f.minute
	t.Count(f, c, false)
	row, _ := t.begun(f, c)
	id := conn{k.Proto, netip.AddrPortFrom(k.Client.Unmap(), k.ClientPort), netip.AddrPortFrom(k.Server.Unmap(), k.ServerPort)}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.letGo) >= maxLetGo {
		t.merged++
		return
	}
	f.letGo = true
	t.letGo[id] = &letGo{device: c.Who(), app: f.App, inbound: !c.Home(k.Client), counted: c.Bytes, fresh: true, row: row}
}

// kernel is how the kernel's connections are asked for; enforce.LetGo is one.
type kernel func(tell func(proto uint8, client, server netip.AddrPort, bytes [2]uint64)) error

// Follow asks the kernel until ctx ends.
func (t *Table) Follow(ctx context.Context, ask kernel, log *slog.Logger) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for failed := false; ; {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if err := t.Look(ask, now.UnixMicro()); err != nil && !failed {
				failed = true // once: it goes on protecting
				log.Warn("what connections carry that are forwarded by the kernel is not counted", "err", err)
			}
		}
	}
}

// Look adds what the kernel has forwarded since it was asked last.
func (t *Table) Look(ask kernel, now int64) error {
	t.mu.Lock()
	for _, l := range t.letGo {
		l.seen = false
	}
	none := len(t.letGo) == 0
	t.mu.Unlock()
	if none {
		return nil
	}
	err := ask(func(proto uint8, client, server netip.AddrPort, bytes [2]uint64) {
		t.mu.Lock()
		l := t.letGo[conn{proto, client, server}]
		if l == nil {
			t.mu.Unlock()
			return
		}
		l.seen, l.fresh = true, false
		var more [2]uint64
		for i := range more {
			more[i] = bytes[i] - min(bytes[i], l.counted[i])
			l.counted[i] = max(l.counted[i], bytes[i])
		}
		if l.inbound {
			more[0], more[1] = more[1], more[0]
		}
		if l.row != nil && more != [2]uint64{} {
			if l.row.End = now; l.row.End-l.row.Start >= partEvery {
				l.let(t.rows, true)
			}
		}
		d, app := l.device, l.app
		t.mu.Unlock()
		t.Add(d, app, Use{Up: more[0], Down: more[1]}, now)
	})
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for c, l := range t.letGo {
		if !l.seen && !l.fresh {
			l.let(t.rows, false)
			delete(t.letGo, c)
		}
		l.fresh = false // one more time: the mark comes with the packet after
	}
	return nil
}
