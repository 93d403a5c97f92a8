package route

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"otasuke/gateway/internal/route/prefix"
	"otasuke/internal/atomicfile"
	"otasuke/wire"
)

// The kernel itself keeps what the office has of IPv6: the addresses of the port inside, which end by
// themselves. All here reads it from there, so that nothing is forgotten with a program.

const (
	// sixSettings is there where the kernel has IPv6.
	sixSettings = "/proc/sys/net/ipv6/conf"
	// oldTime is the longest that addresses of a network go on that is not ours any more (RFC 4862
	// section 5.5.3 (e)).
	oldTime = 2 * time.Hour
	// spare is the metric of routes for what the office does not use of its network.
	spare = 4096
)

// up6 puts the rules for IPv6 in place and lets the kernel forward. Outside it goes on listening to
// the line's router, inside it listens to none.
func up6(c *Config, in netlink.Link) error {
	if _, err := os.Stat(sixSettings); err != nil {
		return nil // a kernel without IPv6
	}
	nets, err := networks(in, false)
	if err != nil {
		return fmt.Errorf("route: %s: %w", c.Inside, err)
	}
	if err := feed(Rules6(c, nets)); err != nil {
		return err
	}
	for _, s := range [][3]string{{c.Outside, "accept_ra", "2"}, {c.Outside, "accept_redirects", "0"}, {c.Inside, "accept_ra", "0"}, {c.Inside, "accept_redirects", "0"}, {"all", "forwarding", "1"}} {
		if err := os.WriteFile(filepath.Join(sixSettings, s[0], s[1]), []byte(s[2]+"\n"), 0o644); err != nil {
			return fmt.Errorf("route: %w", err)
		}
	}
	return nil
}

// networks are those of the inside that are in use, or the others.
func networks(in netlink.Link, old bool) (nets []netip.Prefix, err error) {
	list, err := netlink.AddrList(in, netlink.FAMILY_V6)
	for i := range list {
		if p := given(list[i].IPNet); p.IsValid() && (list[i].Flags&unix.IFA_F_DEPRECATED != 0) == old {
			nets = append(nets, p.Masked())
		}
	}
	return nets, err
}

// old are networks of the inside that nothing new begins in.
func old(port string) []netip.Prefix {
	in, err := netlink.LinkByName(port)
	if err != nil {
		return nil
	}
	nets, _ := networks(in, true)
	return nets
}

// given is an address of IPv6 that is good beyond its cable; the zero one for others.
func given(n *net.IPNet) netip.Prefix {
	a, _ := netip.AddrFromSlice(n.IP)
	bits, all := n.Mask.Size()
	if all != 128 || !a.Is6() || a.Is4In6() || !a.IsGlobalUnicast() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, bits)
}

// Networks are those of IPv6 that a port has, also those that are on their way out.
func Networks(port string) (nets []netip.Prefix) {
	i, err := net.InterfaceByName(port)
	if err != nil {
		return nil
	}
	all, _ := i.Addrs()
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			if p := given(n); p.IsValid() {
				nets = append(nets, p.Masked())
			}
		}
	}
	return nets
}

const (
	// minBits of a network that a router may call its cable's: a site gets no larger one (RFC 6177).
	minBits = 48
	// maxTold networks are more than a cable has; a router that tells of more makes them up.
	maxTold = 16
)

// Told are those networks of IPv6 that a router has told of to a host on the cable of a port: to take
// an address of, or only to speak to without a way between (RFC 4861 section 6.3.4).
func Told(port string) []netip.Prefix {
	nets := Networks(port)
	if link, err := netlink.LinkByName(port); err == nil {
		routes, _ := netlink.RouteListFiltered(netlink.FAMILY_V6, &netlink.Route{LinkIndex: link.Attrs().Index}, netlink.RT_FILTER_OIF)
		for i := range routes {
			if r := &routes[i]; r.Gw == nil && r.Dst != nil {
				nets = append(nets, given(r.Dst).Masked())
			}
		}
	}
	slices.SortFunc(nets, netip.Prefix.Compare)
	nets = slices.DeleteFunc(slices.Compact(nets), func(p netip.Prefix) bool { return p.Bits() < minBits || p.IsSingleIP() })
	return nets[:min(len(nets), maxTold)]
}

// Six is [wire.StateOK] when the office has IPv6, [wire.StateOff] when its line has, but gives it no
// network, and "" when there is none.
func (c *Config) Six() wire.State {
	if len(Networks(c.Inside)) > 0 {
		return wire.StateOK
	}
	out, err := netlink.LinkByName(c.Outside)
	if err != nil {
		return ""
	}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V6, &netlink.Route{LinkIndex: out.Attrs().Index, Protocol: unix.RTPROT_RA}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_PROTOCOL)
	if err != nil || len(routes) == 0 {
		return ""
	}
	return wire.StateOff
}

// six gives the office what the line has of IPv6.
type six struct {
	c    *Config
	path string // of what is kept for the next start
	log  *slog.Logger
}

// kept is what the folder says of the network.
type kept struct {
	Prefix netip.Prefix `json:"prefix"`
}

func (s *six) run(ctx context.Context) {
	if _, err := os.Stat(sixSettings); err != nil {
		return
	}
	var last kept
	if b, err := os.ReadFile(s.path); err == nil && json.Unmarshal(b, &last) != nil {
		last = kept{}
	}
	again := make(chan struct{}, 1)
	go plugged(ctx, s.c.Outside, again, s.log)
	_ = prefix.Run(ctx, prefix.Config{Interface: s.c.Outside, Last: last.Prefix, Use: s.use, Again: again, Log: s.log})
}

// plugged asks again when a cable was plugged in.
func plugged(ctx context.Context, port string, again chan<- struct{}, log *slog.Logger) {
	changes := make(chan netlink.LinkUpdate, 16)
	if err := netlink.LinkSubscribe(changes, ctx.Done()); err != nil {
		log.Warn("another line is noticed late", "err", err)
		return
	}
	link, err := netlink.LinkByName(port)
	up := err == nil && link.Attrs().RawFlags&unix.IFF_LOWER_UP != 0
	for c := range changes {
		if a := c.Attrs(); a.Name == port {
			now := a.RawFlags&unix.IFF_LOWER_UP != 0
			if now && !up {
				select {
				case again <- struct{}{}:
				default:
				}
			}
			up = now
		}
	}
}

// use gives the inside a network in place of those before; nil takes them away.
func (s *six) use(l *prefix.Lease) error {
	in, err := netlink.LinkByName(s.c.Inside)
	if err != nil {
		return err
	}
	var own netlink.Addr
	if l != nil {
		first := l.Prefix.Addr().As16()
		first[15] = 1
		own = netlink.Addr{IPNet: &net.IPNet{IP: first[:], Mask: net.CIDRMask(64, 128)}, ValidLft: int(l.Valid.Seconds()), PreferedLft: int(l.Preferred.Seconds())}
	}
	if err := errors.Join(retire(in, own.IPNet), unused(l)); err != nil {
		return err
	}
	if l != nil {
		if err := netlink.AddrReplace(in, &own); err != nil {
			return err
		}
	}
	nets, err := networks(in, false)
	if err == nil {
		err = feed(Rules6(s.c, nets))
	}
	if err != nil || l == nil {
		return err
	}
	b, err := json.Marshal(kept{l.Prefix})
	if err == nil {
		err = atomicfile.Write(s.path, b, 0o644)
	}
	if err != nil { // it is in use: to ask the line for it again would not help
		s.log.Warn("the office's network of IPv6 is not remembered for the next start", "err", err)
	}
	return nil
}

// retire lets networks of before end. While there is another one, nothing new begins in them, and the
// inside is told so as long as they are there; without one they go, and dnsmasq tells that, too.
func retire(in netlink.Link, own *net.IPNet) error {
	list, err := netlink.AddrList(in, netlink.FAMILY_V6)
	errs := []error{err}
	for i := range list {
		a := &list[i]
		switch {
		case !given(a.IPNet).IsValid() || a.Flags&unix.IFA_F_PERMANENT != 0 || own != nil && a.IP.Equal(own.IP):
			// not ours
		case own == nil:
			errs = append(errs, netlink.AddrDel(in, a))
		case a.PreferedLft != 0:
			errs = append(errs, netlink.AddrReplace(in, &netlink.Addr{IPNet: a.IPNet, ValidLft: min(a.ValidLft, int(oldTime.Seconds()))}))
		}
	}
	return errors.Join(errs...)
}

// unused keeps packets for what the office does not use of its network from going back to the line,
// and to us again (RFC 7084, WPD-5).
func unused(l *prefix.Lease) error {
	list, err := netlink.RouteListFiltered(netlink.FAMILY_V6, &netlink.Route{Type: unix.RTN_UNREACHABLE, Protocol: unix.RTPROT_DHCP}, netlink.RT_FILTER_TYPE|netlink.RT_FILTER_PROTOCOL)
	errs := []error{err}
	for i := range list {
		errs = append(errs, netlink.RouteDel(&list[i]))
	}
	if l != nil && l.Prefix.Bits() < 64 {
		dst := &net.IPNet{IP: l.Prefix.Addr().AsSlice(), Mask: net.CIDRMask(l.Prefix.Bits(), 128)}
		errs = append(errs, netlink.RouteReplace(&netlink.Route{Dst: dst, Type: unix.RTN_UNREACHABLE, Protocol: unix.RTPROT_DHCP, Priority: spare}))
	}
	return errors.Join(errs...)
}
