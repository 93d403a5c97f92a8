package manage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"otasuke/gateway/internal/manage/dhcp"
	"otasuke/gateway/internal/manage/mdns"
	"otasuke/internal/atomicfile"
)

// Name of the box: what it calls itself, and with ".local" how the office finds it.
const Name = "otasuke"

// DHCP is the value of an address that a router gives.
const DHCP = "dhcp"

// metric of our way out: one that the administrator made goes before.
const metric = 1024

// Config says which address.
type Config struct {
	// Link is the interface: the bridge, or a port of its own.
	Link string
	// Outside is the port of the bridge towards the router; empty where Link is no bridge.
	Outside string
	// Watch are interfaces whose cables say that the router may be another one now.
	Watch []string
	// Address is [DHCP] or an address with its network, "192.168.1.9/24".
	Address string
	// Gateway and DNS go with a written address; DNS also goes before what a router says.
	Gateway netip.Addr
	DNS     []netip.Addr
	// Closed is a Link that is all outside: nobody reaches the box there, nor finds it by name.
	Closed bool
	// SSH lets the inside reach the system's SSH server.
	SSH bool
	// Dir is a folder of its own.
	Dir string
	Log *slog.Logger
}

// Resolver asks the servers that the box was told, and those of the system before it was told
// any. Its zero value is ready; it is safe for concurrent use.
type Resolver struct{ servers atomic.Pointer[[]netip.Addr] }

// Servers are those that the box was told.
func (r *Resolver) Servers() []netip.Addr {
	if list := r.servers.Load(); list != nil {
		return *list
	}
	return nil
}

// Dial is for a net.Resolver: it goes to a server of ours instead of the one given.
func (r *Resolver) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	list := r.Servers()
	if len(list) == 0 {
		return d.DialContext(ctx, network, address)
	}
	var errs []error
	for _, s := range list {
		c, err := d.DialContext(ctx, network, netip.AddrPortFrom(s, 53).String())
		if err == nil {
			return c, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// Run gives the box its address and keeps it until ctx ends.
func Run(ctx context.Context, c Config, r *Resolver) error {
	m := &manager{Config: c, resolver: r}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return fmt.Errorf("manage: %w", err)
	}
	m.recall()
	// First the guard, then the address.
	if err := feed(Rules(c.Link, c.Outside, c.SSH, c.Closed)); err != nil {
		return fmt.Errorf("manage: no address is taken, as nobody would guard it: %w", err)
	}
	link, err := netlink.LinkByName(c.Link)
	if err != nil {
		return fmt.Errorf("manage: %s: %w", c.Link, err)
	}
	if err := errors.Join(arp(c.Link), netlink.LinkSetUp(link)); err != nil {
		return fmt.Errorf("manage: %s: %w", c.Link, err)
	}
	var others sync.WaitGroup
	defer others.Wait()
	m.addressed = sync.OnceFunc(func() { // without an address no group can be joined
		if c.Closed {
			return
		}
		others.Go(func() {
			if err := mdns.Run(ctx, c.Link, Name); err != nil {
				c.Log.Warn("the box is not found by name", "err", err)
			}
		})
	})
	if c.Address != DHCP {
		p, err := netip.ParsePrefix(c.Address)
		if err == nil {
			err = m.use(&dhcp.Lease{Addr: p, Router: c.Gateway})
		}
		if err != nil {
			return fmt.Errorf("manage: %w", err)
		}
		c.Log.Info("the box has an address", "address", p, "router", c.Gateway)
		<-ctx.Done()
		return nil
	}
	again := make(chan struct{}, 1)
	others.Go(func() { m.watch(ctx, again) })
	return dhcp.Run(ctx, dhcp.Config{Interface: c.Link, Host: Name, Last: m.last.Addr.Addr(), Use: m.use, Again: again, Log: c.Log})
}

// Leave takes away what an earlier configuration gave the box; dir is its folder.
func Leave(dir string) error {
	m := &manager{Config: Config{Dir: dir}}
	m.recall()
	if !m.last.Addr.IsValid() {
		return nil
	}
	err := errors.Join(m.remove(&m.last.Lease), feed(Withdraw()), os.Remove(m.path()))
	if err != nil {
		return fmt.Errorf("manage: %w", err)
	}
	return nil
}

type manager struct {
	Config
	resolver *Resolver
	last     kept

	addressed func() // is called when there is an address
}

// kept is what the folder says of the address in use.
type kept struct {
	Link string `json:"link"`
	dhcp.Lease
}

func (m *manager) path() string { return filepath.Join(m.Dir, "address.json") }

// recall reads which address was in use. A file that cannot be read is none.
func (m *manager) recall() {
	if b, err := os.ReadFile(m.path()); err == nil && json.Unmarshal(b, &m.last) != nil {
		m.last = kept{}
	}
}

// use puts an address in place of the one before; nil takes it away.
func (m *manager) use(l *dhcp.Lease) error {
	if old := &m.last.Lease; old.Addr.IsValid() && (l == nil || l.Addr != old.Addr || m.last.Link != m.Link) {
		if err := m.remove(old); err != nil {
			return err
		}
	}
	if l == nil {
		return nil
	}
	link, err := netlink.LinkByName(m.Link)
	if err != nil {
		return err
	}
	a := &netlink.Addr{IPNet: &net.IPNet{IP: l.Addr.Addr().AsSlice(), Mask: net.CIDRMask(l.Addr.Bits(), l.Addr.Addr().BitLen())},
		ValidLft: int(l.Length.Seconds()), PreferedLft: int(l.Length.Seconds())} // the kernel ends it when we cannot
	if err := netlink.AddrReplace(link, a); err != nil {
		return err
	}
	if l.Router.IsValid() {
		r := &netlink.Route{LinkIndex: link.Attrs().Index, Gw: l.Router.AsSlice(), Priority: metric, Protocol: unix.RTPROT_DHCP}
		if err := netlink.RouteReplace(r); err != nil {
			return err
		}
	}
	m.addressed()
	m.last = kept{Link: m.Link, Lease: *l}
	b, err := json.Marshal(&m.last)
	if err != nil {
		return err
	}
	return errors.Join(atomicfile.Write(m.path(), b, 0o644), m.names(l))
}

// names tells the resolver and the folder which servers to ask.
func (m *manager) names(l *dhcp.Lease) error {
	list := append(append([]netip.Addr(nil), m.DNS...), l.DNS...)
	if len(list) == 0 && l.Router.IsValid() && m.Address != DHCP {
		list = append(list, l.Router) // routers of offices answer
	}
	m.resolver.servers.Store(&list)
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "nameserver %s\n", s)
	}
	return atomicfile.Write(filepath.Join(m.Dir, "resolv.conf"), []byte(b.String()), 0o644)
}

// remove takes an address away; the way out goes with it.
func (m *manager) remove(l *dhcp.Lease) error {
	link, err := netlink.LinkByName(m.last.Link)
	if err != nil {
		return nil // went with its interface
	}
	a := &netlink.Addr{IPNet: &net.IPNet{IP: l.Addr.Addr().AsSlice(), Mask: net.CIDRMask(l.Addr.Bits(), l.Addr.Addr().BitLen())}}
	if err := netlink.AddrDel(link, a); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) { // has run out
		return err
	}
	m.last = kept{}
	return nil
}

// watch asks again when a cable was plugged in.
func (m *manager) watch(ctx context.Context, again chan<- struct{}) {
	changes := make(chan netlink.LinkUpdate, 64)
	if err := netlink.LinkSubscribe(changes, ctx.Done()); err != nil {
		m.Log.Warn("a router that is replaced is noticed late", "err", err)
		return
	}
	names, up := map[string]bool{}, map[string]bool{}
	for _, n := range append([]string{m.Link}, m.Watch...) {
		names[n], up[n] = true, true
	}
	for {
		select {
		case <-ctx.Done():
			return
		case c, ok := <-changes:
			if !ok {
				return
			}
			a := c.Attrs()
			now := a.RawFlags&unix.IFF_LOWER_UP != 0
			if names[a.Name] && now && !up[a.Name] {
				select {
				case again <- struct{}{}:
				default:
				}
			}
			up[a.Name] = now
		}
	}
}

// arp keeps an interface from answering for addresses of others (arp_ignore 1), and from
// naming them (arp_announce 2).
func arp(link string) error {
	for name, v := range map[string]string{"arp_ignore": "1", "arp_announce": "2"} {
		if err := os.WriteFile(filepath.Join("/proc/sys/net/ipv4/conf", link, name), []byte(v), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func feed(text string) error {
	cmd := exec.Command("nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
