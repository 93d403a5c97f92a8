package enforce

import (
	"context"
	"log/slog"
	"time"

	"github.com/vishvananda/netlink"
)

// keepEvery is how often ports are looked at: an office whose line is cut does not wait for longer.
const keepEvery = time.Second

// Keep looks at the ports until ctx ends, in the network namespace of the calling thread. One that goes and comes again,
// as on USB when it is reset or pulled out, is another one to the kernel, of the same name: in no bridge and without an
// address. Where there is a bridge it is put into it again. A router, and
// a box that only listens and stops nothing, have more to make than a line: anew is called.
func Keep(ctx context.Context, c Config, stops bool, anew func(), log *slog.Logger) {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	known, failed := map[string]int{}, false
	for ctx.Err() == nil {
		again := false
		now := map[string]int{}
		for _, name := range c.Ports {
			if link, err := netlink.LinkByName(name); err == nil {
				now[name] = link.Attrs().Index
				again = again || known[name] != 0 && known[name] != now[name]
			}
		}
		switch {
		case !again:
			failed = false
			for name, index := range now {
				known[name] = index
			}
		case c.Routed || !stops:
			log.Warn("a port has come again: all begins anew", "ports", c.Ports)
			anew()
			return
		default:
			if err := Line(c); err == nil {
				log.Warn("a port has come again, and is in the line again", "ports", c.Ports)
				known = now
			} else if !failed {
				log.Error("a port has come again, and cannot be put into the line: it goes on trying", "err", err)
				failed = true
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
