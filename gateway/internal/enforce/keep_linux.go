package enforce

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"time"

	"github.com/vishvananda/netlink"
)

// keepEvery is how often ports are looked at: an office whose line is cut does not wait for longer.
const keepEvery = time.Second

// steady is how long the box goes on at least until the port for its own address has it begin anew again: one that is broken
// comes and goes all day, and that must not cost the office its protection.
const steady = 5 * time.Minute

// Keep looks at the ports until ctx ends, in the network namespace of the calling thread. One that goes and comes again,
// as on USB when it is reset or pulled out, is another one to the kernel, of the same name: in no bridge and without an
// address. Where there is a bridge it is put into it again. A router, a box that only listens and stops nothing, and a port
// for the box's own address have more to be made than a line: anew is called.
func Keep(ctx context.Context, c Config, stops bool, anew func(), log *slog.Logger) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	known := present(c.Ports)
	apart := present([]string{c.Apart})[c.Apart]
	for failed, began := false, time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, again := present(c.Ports), false
		for name, index := range now {
			again = again || known[name] != 0 && known[name] != index
		}
		// That one is not waited for at the start: it may also come for the first time.
		own := present([]string{c.Apart})[c.Apart]
		moved := own != 0 && own != apart && (apart == 0 || time.Since(began) >= cmp.Or(c.steady, steady))
		switch {
		case moved, again && (c.Routed || !stops):
			log.Warn("a port has come again: all begins anew", "ports", c.Ports, "management_port", c.Apart)
			anew()
			return
		case !again:
			failed = false
			maps.Copy(known, now)
		default:
			err := Line(c)
			if err == nil {
				log.Warn("a port has come again, and is in the line again", "ports", c.Ports)
				known = now
			} else if !failed {
				log.Error("a port has come again, and cannot be put into the line: it goes on trying", "err", err)
			}
			failed = err != nil
		}
	}
}

// present are the numbers of those interfaces that are there.
func present(names []string) map[string]int {
	now := map[string]int{}
	for _, name := range names {
		if link, err := netlink.LinkByName(name); name != "" && err == nil {
			now[name] = link.Attrs().Index
		}
	}
	return now
}
