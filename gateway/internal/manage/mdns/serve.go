package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// The groups of multicast DNS (RFC 6762 section 3).
var (
	group4 = netip.MustParseAddr("224.0.0.251")
	group6 = netip.MustParseAddr("ff02::fb")
)

// maxMessage is the largest that is read (RFC 6762 section 17).
const maxMessage = 9000

// Run answers for name, without its ".local", on an interface until ctx ends. Addresses are
// those that it has when it is asked. It works in the network namespace of the process.
func Run(ctx context.Context, link, name string) error {
	full, err := dnsmessage.NewName(name + ".local.")
	if err != nil {
		return fmt.Errorf("mdns: %q: %w", name, err)
	}
	i, err := net.InterfaceByName(link)
	if err != nil {
		return fmt.Errorf("mdns: %s: %w", link, err)
	}
	var wait sync.WaitGroup
	var errs [2]error
	for n, g := range []netip.Addr{group4, group6} {
		c, err := net.ListenMulticastUDP("udp", i, &net.UDPAddr{IP: g.AsSlice(), Port: Port})
		if err != nil {
			errs[n] = fmt.Errorf("mdns: %s: %w", g, err)
			continue
		}
		stop := context.AfterFunc(ctx, func() { c.Close() })
		defer stop()
		wait.Go(func() { serve(c, i, full, netip.AddrPortFrom(g.WithZone(zone(g, link)), Port)) })
	}
	wait.Wait()
	if errs[0] != nil && errs[1] != nil {
		return errors.Join(errs[:]...)
	}
	return nil
}

func zone(a netip.Addr, link string) string {
	if a.Is6() {
		return link
	}
	return ""
}

// serve answers the questions of one socket until it is closed.
func serve(c *net.UDPConn, link *net.Interface, name dnsmessage.Name, all netip.AddrPort) {
	b := make([]byte, maxMessage)
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		reply, alone := answer(b[:n], name, addresses(link), from.Port() != Port)
		if reply == nil {
			continue
		}
		to := all
		if alone {
			to = from
		}
		_, _ = c.WriteToUDPAddrPort(reply, to) // who asked asks again
	}
}

// addresses are those of an interface that others may use.
func addresses(link *net.Interface) (out []netip.Addr) {
	list, err := link.Addrs()
	if err != nil {
		return nil
	}
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLoopback() {
			out = append(out, p.Addr().WithZone(""))
		}
	}
	return out
}
