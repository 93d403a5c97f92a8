package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"otasuke/e2e/lab"
)

// router is the DHCP server of the office's router.
func router(t *testing.T, n *lab.Namespace, args ...string) {
	t.Helper()
	cmd := exec.Command("dnsmasq", append([]string{"--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces", "--dhcp-authoritative",
		"--no-ping", "--user=root", "--pid-file=", "--dhcp-leasefile=" + filepath.Join(t.TempDir(), "leases")}, args...)...)
	if err := n.Start(cmd); err != nil {
		t.Skipf("no dnsmasq here (package dnsmasq-base): %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// opens tells whether a host gets a connection.
func opens(t *testing.T, from *lab.Namespace, address string, within time.Duration) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	c, err := from.Dial(ctx, "tcp", address)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// listens starts listeners of the box's own on every address.
func listens(t *testing.T, n *lab.Namespace, ports ...string) {
	t.Helper()
	for _, p := range ports {
		l, err := n.Listen("[::]:" + p)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go echo(l)
	}
}

// A box in the cable gets an address from a router that comes later, is found by its name, and
// shows the office its page and nothing else; from outside nobody reaches it.
func TestManagementAddress(t *testing.T) {
	b := startBox(t, `alert tcp $HOME_NET any -> $EXTERNAL_NET 9000 (msg:"from the office over IPv6"; flow:to_server,established; content:"six out"; sid:1;)`, "management = \"dhcp\"\npage = \"off\"\n", nil)
	l := b.lab
	listens(t, l.Box, "80", "22")
	router(t, l.Internet, "--dhcp-range=192.168.1.100,192.168.1.100,120s", "--dhcp-option=option:dns-server,192.168.1.1")
	line(t, l)
	b.log.await(t, "the box has an address", 1)
	if !opens(t, l.PC1, "192.168.1.100:80", 30*time.Second) {
		t.Error("the page is not reached")
	}
	for what, c := range map[string]struct {
		from *lab.Namespace
		at   string
	}{"SSH from inside": {l.PC1, "192.168.1.100:22"}, "the page from outside": {l.Internet, "192.168.1.100:80"}, "SSH from outside": {l.Internet, "192.168.1.100:22"}} {
		if opens(t, c.from, c.at, time.Second) {
			t.Errorf("%s is open", what)
		}
	}
	if got := named(t, l.PC1); got != netip.MustParseAddr("192.168.1.100") {
		t.Errorf("otasuke.local is %s", got)
	}
	out, err := os.ReadFile(filepath.Join(filepath.Dir(b.eve), "address", "resolv.conf"))
	if err != nil || string(out) != "nameserver 192.168.1.1\n" {
		t.Errorf("resolv.conf: %q %v", out, err)
	}
	// The way out, and what is not ours is inspected as before.
	serveAll(t, l.Internet)
	if !opens(t, l.Box, lab.Router+":9000", 5*time.Second) {
		t.Error("the box does not reach the router")
	}
	six := global(t, l.Box, "br-otasuke")
	global(t, l.PC1, "eth0") // without an address of its own the PC's attempt ends at once
	if !opens(t, l.PC1, net.JoinHostPort(six, "80"), 30*time.Second) || opens(t, l.Internet, net.JoinHostPort(six, "80"), time.Second) {
		t.Errorf("IPv6: %s is not reached from inside, or is from outside", six)
	}
	// What the router tells is the office's: rules know it from the internet.
	b.log.await(t, "rules and lists were read anew", 1)
	c, err := l.PC1.Dial(t.Context(), "tcp", net.JoinHostPort(server6, "9000"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(c, "six out"); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(c, make([]byte, len("six out"))); err != nil {
		t.Error(err)
	}
	b.stop()
	if eve, err := os.ReadFile(b.eve); err != nil || !bytes.Contains(eve, []byte("from the office over IPv6")) {
		t.Errorf("a rule takes the office's IPv6 for the internet: %v", err)
	}
	if !opens(t, l.PC1, "192.168.1.100:80", 5*time.Second) || opens(t, l.PC1, "192.168.1.100:22", time.Second) {
		t.Error("without the program the address or its guard is gone")
	}
	// A device of the office that plays router: other PCs believe it, the box does not.
	const false6 = "2001:db8:bad::"
	ran(t, l.PC1, "ip", "-6", "addr", "add", false6+"1/64", "dev", "eth0", "nodad")
	router(t, l.PC1, "--enable-ra", "--dhcp-range="+false6+",ra-only,64", "--ra-param=eth0,4,0")
	believes := func(n *lab.Namespace, port string) bool {
		return slices.ContainsFunc(addresses6(t, n, port), func(a address6) bool { return netip.MustParsePrefix(false6 + "/64").Contains(a.Local) })
	}
	until(t, "a PC believes a false router", 40*time.Second, func() bool { return believes(l.PC2, "eth0") })
	if believes(l.Box, "br-otasuke") {
		t.Error("the box takes a device's network for the office's")
	}
}

// An address on a port of its own: the cable's bridge stays silent, and SSH is open where the
// configuration says so.
func TestManagementPort(t *testing.T) {
	l := newLab(t)
	admin, err := lab.NewNamespace("admin")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close() })
	if err := lab.Cable(admin, "eth0", l.Box, "eth2", 0x77); err != nil {
		t.Fatal(err)
	}
	b := startIn(t, l, "", "management = \"10.77.0.9/24\"\nmanagement_port = \"eth2\"\nmanagement_gateway = \"10.77.0.1\"\nmanagement_ssh = true\npage = \"off\"\n", nil)
	if err := admin.AddAddress("eth0", "10.77.0.1/24"); err != nil {
		t.Fatal(err)
	}
	b.log.await(t, "the box has an address", 1)
	listens(t, b.lab.Box, "80", "22", "5432")
	for port, want := range map[string]bool{"80": true, "22": true, "5432": false} {
		if got := opens(t, admin, "10.77.0.9:"+port, 3*time.Second); got != want {
			t.Errorf("port %s: %v", port, got)
		}
	}
	if err := b.lab.PC1.AddAddress("eth0", "10.77.0.11/24"); err != nil {
		t.Fatal(err)
	}
	if opens(t, b.lab.PC1, "10.77.0.9:80", time.Second) {
		t.Error("the cable answers for the other port's address")
	}
}

// named asks the office for otasuke.local.
func named(t *testing.T, pc *lab.Namespace) (addr netip.Addr) {
	t.Helper()
	c, err := pc.ListenPacket("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	question := []byte("\x00\x09\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07otasuke\x05local\x00\x00\x01\x00\x01")
	b := make([]byte, 1500)
	for range 10 {
		if _, err := c.WriteTo(question, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if n, _, err := c.ReadFrom(b); err == nil && n > 4 {
			addr, _ = netip.AddrFromSlice(b[n-4 : n])
			return addr
		}
	}
	return addr
}

// global waits for an IPv6 address of an interface that is good everywhere.
func global(t *testing.T, n *lab.Namespace, link string) string {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		out, _, err := n.Run(t.Context(), "ip", "-j", "-6", "addr", "show", "dev", link, "scope", "global", "-tentative")
		if err != nil {
			t.Fatal(err)
		}
		var list []struct {
			Info []struct {
				Local string `json:"local"`
			} `json:"addr_info"`
		}
		if json.Unmarshal(out, &list) == nil && len(list) > 0 && len(list[0].Info) > 0 {
			return list[0].Info[0].Local
		}
	}
	t.Fatal("the kernel takes no address from router advertisements")
	return ""
}

// A box as the office's router: a client gets an address and names, reaches the internet by
// the box's own address, is protected, and nobody outside reaches the office or the box, also
// while the engine is away.
func TestRouter(t *testing.T) {
	l := newLab(t)
	serveAll(t, l.Internet)
	// The box was in the cable before, and nobody has started the computer anew.
	for _, args := range [][]string{{"add", "br-otasuke", "up", "type", "bridge"}, {"set", lab.OutsidePort, "master", "br-otasuke"}, {"set", lab.InsidePort, "master", "br-otasuke"}} {
		ran(t, l.Box, "ip", append([]string{"link"}, args...)...)
	}
	b := startIn(t, l, pathRules, "mode = \"router\"\nmanagement = \"192.168.1.9/24\"\nmanagement_gateway = \"192.168.1.1\"\nmanagement_dns = [\"192.168.1.1\"]\npage = \"off\"\n"+pathLists+
		"[[forward]]\nport = 7443\nto = \"192.168.77.9:9000\"\n[[forward]]\nport = 7444\nto = \"192.168.77.9:9000\"\nfrom = [\"203.0.113.0/24\"]\n", nil)
	ctx, pc := t.Context(), l.PC2
	addr := leased(t, pc)
	for _, args := range [][]string{{"addr", "flush", "dev", "eth0"}, {"addr", "add", addr + "/24", "dev", "eth0"}, {"route", "add", "default", "via", "192.168.77.1"}} {
		if out, code, err := pc.Run(t.Context(), "ip", args...); err != nil || code != 0 {
			t.Fatalf("ip %v: %s %v", args, out, err)
		}
	}
	inspected(t, pc, lab.Router)
	// Names come from the box itself.
	names := net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return pc.Dial(ctx, "udp", "192.168.77.1:53")
	}}
	if a, err := names.LookupNetIP(ctx, "ip4", "harmless.example."); err != nil || len(a) != 1 {
		t.Errorf("names: %v %v", a, err)
	}
	// Who is outside knows the way in, and gets nowhere.
	if out, code, err := l.Internet.Run(t.Context(), "ip", "route", "add", "192.168.77.0/24", "via", "192.168.1.9"); err != nil || code != 0 {
		t.Fatalf("%s %v", out, err)
	}
	listens(t, pc, "7000")
	listens(t, l.Box, "80", "22")
	inside := net.JoinHostPort(addr, "7000")
	refused := func(when string) {
		t.Helper()
		for _, at := range []string{inside, "192.168.1.9:80", "192.168.1.9:22", "192.168.1.9:53"} {
			if opens(t, l.Internet, at, time.Second) {
				t.Errorf("%s: %s is open from outside", when, at)
			}
		}
	}
	refused("with the box")
	led(t, l)
	if !opens(t, pc, "192.168.77.1:80", 5*time.Second) || opens(t, pc, "192.168.77.1:22", time.Second) {
		t.Error("inside the page is not open, or SSH is")
	}
	b.stop()
	carries(t, pc, lab.Good)
	refused("without the box")
	if !opens(t, l.Internet, "192.168.1.9:7443", 5*time.Second) {
		t.Error("without the box the port that is led inside is closed")
	}
}

// led: a port of the router that leads to a host inside does so for whom it is for, and what comes
// in there is inspected.
func led(t *testing.T, l *lab.Lab) {
	t.Helper()
	if err := l.PC2.AddAddress("eth0", "192.168.77.9/24"); err != nil {
		t.Fatal(err)
	}
	serveAll(t, l.PC2)
	if err := l.Internet.Enter(func() {
		if err := saidBackEnd("192.168.1.9:7443", "harmless words"); err != nil {
			t.Errorf("a port that leads inside: %v", err)
		}
		if saidBackEnd("192.168.1.9:7443", forbidden) == nil {
			t.Error("what comes in there is not inspected")
		}
	}); err != nil {
		t.Fatal(err)
	}
	if opens(t, l.Internet, "192.168.1.9:7444", time.Second) {
		t.Error("a port is open for others than it is for")
	}
	c, err := l.Internet.DialFrom(t.Context(), lab.Good, "192.168.1.9:7444")
	if err != nil {
		t.Errorf("a port is closed for whom it is for: %v", err)
		return
	}
	c.Close()
}

// leased asks for an address as a new PC does, and gets one with the router as its way out and
// for names.
func leased(t *testing.T, pc *lab.Namespace) string {
	t.Helper()
	mac, err := pc.HardwareAddr("eth0")
	if err != nil {
		t.Fatal(err)
	}
	thing, err := pc.Plug(mac.String(), "0.0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	defer thing.Close()
	ear, err := pc.Overhear("eth0")
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	hears := func(kind layers.DHCPMsgType) (m *layers.DHCPv4) {
		ear.Until(time.Second, func(f []byte) bool {
			p := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Default)
			d, ok := p.Layer(layers.LayerTypeDHCPv4).(*layers.DHCPv4)
			if ok && d.Operation == layers.DHCPOpReply && len(d.Options) > 0 && d.Options[0].Data[0] == byte(kind) {
				m = d
			}
			return m != nil
		})
		return m
	}
	router := netip.MustParseAddr("192.168.77.1")
	for range 20 {
		if err := thing.Discover("pc2", "MSFT 5.0"); err != nil {
			t.Fatal(err)
		}
		offer := hears(layers.DHCPMsgTypeOffer)
		if offer == nil {
			continue // dnsmasq is starting
		}
		thing.Addr, _ = netip.AddrFromSlice(offer.YourClientIP)
		if err := thing.Request(router); err != nil {
			t.Fatal(err)
		}
		ack := hears(layers.DHCPMsgTypeAck)
		if ack == nil {
			continue
		}
		for _, o := range ack.Options {
			if (o.Type == layers.DHCPOptRouter || o.Type == layers.DHCPOptDNS) && !bytes.Equal(o.Data, router.AsSlice()) {
				t.Errorf("option %s", o)
			}
		}
		return thing.Addr.String()
	}
	t.Fatal("no address is offered")
	return ""
}
