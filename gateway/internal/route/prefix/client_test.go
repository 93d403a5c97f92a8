package prefix

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"

	"otasuke/e2e/lab"
)

// server is one of DHCPv6 that gives, refuses and takes back as it is told.
type server struct {
	t    *testing.T
	conn net.PacketConn
	mac  net.HardwareAddr

	mu     sync.Mutex
	gives  []*dhcpv6.OptIAPrefix
	refuse iana.StatusCode // to what is no Solicit
	heard  map[dhcpv6.MessageType]int
}

// serves starts one at a host's eth0.
func serves(t *testing.T, n *lab.Namespace) *server {
	t.Helper()
	s := &server{t: t, heard: map[dhcpv6.MessageType]int{}}
	if err := n.Do(func() error {
		i, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		s.mac = i.HardwareAddr
		s.conn, err = net.ListenMulticastUDP("udp6", i, &net.UDPAddr{IP: servers, Port: serverPort})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	go s.run()
	return s
}

// now makes it give something else.
func (s *server) now(refuse iana.StatusCode, gives ...*dhcpv6.OptIAPrefix) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gives, s.refuse = gives, refuse
}

func (s *server) count(kind dhcpv6.MessageType) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard[kind]
}

func (s *server) run() {
	b := make([]byte, maxMessage)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		m, err := dhcpv6.MessageFromBytes(b[:n])
		if err != nil {
			s.t.Errorf("a message that nobody understands: %v", err)
			continue
		}
		if out := s.answer(m); out != nil {
			_, _ = s.conn.WriteTo(out.ToBytes(), from)
		}
	}
}

func (s *server) answer(m *dhcpv6.Message) *dhcpv6.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[m.MessageType]++
	if s.gives == nil && s.refuse == 0 {
		return nil // away
	}
	out := &dhcpv6.Message{MessageType: dhcpv6.MessageTypeReply, TransactionID: m.TransactionID}
	if m.MessageType == dhcpv6.MessageTypeSolicit {
		out.MessageType = dhcpv6.MessageTypeAdvertise
	}
	out.AddOption(dhcpv6.OptClientID(m.Options.ClientID()))
	out.AddOption(dhcpv6.OptServerID(id(s.mac)))
	pd := &dhcpv6.OptIAPD{IaId: m.Options.OneIAPD().IaId, T1: time.Second, T2: 2 * time.Second}
	if s.refuse != 0 && (m.MessageType != dhcpv6.MessageTypeSolicit || s.gives == nil) {
		pd.Options.Add(refusal(s.refuse))
	} else {
		for _, p := range s.gives {
			pd.Options.Add(p)
		}
	}
	out.AddOption(pd)
	return out
}

// A box that is switched on before its line gets a network when that comes, keeps it beyond its time,
// takes another one in its place, lets go of one that is taken back, and asks for it after a start.
func TestNetwork(t *testing.T) {
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	if _, err := os.Stat("/proc/sys/net/ipv6"); err != nil {
		t.Skip("this kernel has no IPv6")
	}
	var both [2]*lab.Namespace
	for i, name := range []string{"router", "box"} {
		n, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		both[i] = n
	}
	router, box := both[0], both[1]
	if err := lab.Cable(router, "eth0", box, "eth0", 1); err != nil {
		t.Fatal(err)
	}
	line := serves(t, router)
	used, again := make(chan netip.Prefix, 100), make(chan struct{})
	start := func(last netip.Prefix) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- box.Visit(func() error {
				return Run(ctx, Config{Interface: "eth0", Last: last, Again: again, Log: slog.New(slog.DiscardHandler), Use: func(l *Lease) error {
					if l == nil {
						used <- netip.Prefix{}
					} else {
						used <- l.Prefix
					}
					return nil
				}})
			})
		}()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	next := func(what, want string) {
		t.Helper()
		p := netip.Prefix{}
		if want != "" {
			p = netip.MustParsePrefix(want)
		}
		for end := time.After(30 * time.Second); ; {
			select {
			case got := <-used:
				if got == p {
					return
				}
				t.Logf("%s: %s first", what, got)
			case <-end:
				t.Fatalf("%s: never %q", what, want)
			}
		}
	}
	heard := func(kind dhcpv6.MessageType, n int) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); line.count(kind) < n; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s was said %d times, want %d", kind, line.count(kind), n)
			}
		}
	}
	minute := time.Minute
	one, two := part("2001:db8:aa00::/56", minute, minute), part("2001:db8:bb00::/56", minute, minute)
	stop := start(netip.Prefix{})
	heard(dhcpv6.MessageTypeSolicit, 2)
	line.now(0, one)
	next("the line comes", "2001:db8:aa00::/56")
	next("more time", "2001:db8:aa00::/56")
	line.now(0, part("2001:db8:aa00::/56", 0, 0), two)
	next("another one", "2001:db8:bb00::/56")
	line.now(0, part("2001:db8:bb00::/56", 0, 0))
	next("it is taken back", "")
	line.now(0, one)
	next("it comes again", "2001:db8:aa00::/56")
	line.now(iana.StatusNoBinding, two) // nobody knows of it: it is asked for as at first
	asked := line.count(dhcpv6.MessageTypeRequest)
	heard(dhcpv6.MessageTypeRequest, asked+1)
	line.now(0, two)
	next("a server that forgot", "2001:db8:bb00::/56")
	rebinds := line.count(dhcpv6.MessageTypeRebind)
	again <- struct{}{}
	heard(dhcpv6.MessageTypeRebind, rebinds+1)
	stop()
	for len(used) > 0 {
		<-used
	}
	solicits := line.count(dhcpv6.MessageTypeSolicit)
	defer start(netip.MustParsePrefix("2001:db8:bb00::/56"))()
	next("after a start", "2001:db8:bb00::/56")
	if n := line.count(dhcpv6.MessageTypeSolicit); n != solicits {
		t.Errorf("after a start it is asked for as if there had been none, %d times", n-solicits)
	}
}
