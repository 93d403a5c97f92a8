package enforce

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"otasuke/e2e/lab"
)

func TestRulesText(t *testing.T) {
	t.Parallel()
	for _, m := range []Mechanism{NFT, XTable} {
		for _, queues := range []int{1, 4} {
			name := fmt.Sprintf("testdata/%s-%d.rules", m, queues)
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := Rules(Config{Bridge: "br0", Ports: []string{"a", "b"}, Queues: queues}, m); got != string(want) {
				t.Errorf("%s: got\n%s", name, got)
			}
		}
	}
}

// A router has the names queued that its office asks it for; nothing else that is its own.
func TestRouterRulesText(t *testing.T) {
	t.Parallel()
	for m, name := range map[Mechanism]string{NFT: "testdata/router.rules", XTable: "testdata/router-xtables.rules"} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := Rules(Config{Ports: []string{"out", "in"}, Queues: 2, Routed: true}, m); got != string(want) {
			t.Errorf("%s: got\n%s", name, got)
		}
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	for _, ports := range [][]string{nil, {"a"}, {"a", "b", "c"}} {
		if _, err := Up(Config{Bridge: "br0", Ports: ports, Queues: 1}); !errors.Is(err, ErrPorts) {
			t.Errorf("%v: %v", ports, err)
		}
	}
}

func TestTagRules(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/tags.rules")
	if err != nil {
		t.Fatal(err)
	}
	if got := TagRules(Config{Ports: []string{"a", "b"}}); got != string(want) {
		t.Errorf("got\n%s", got)
	}
}

// office is a namespace of the box with a cable on each side.
func office(t *testing.T) (router, box, pc *lab.Namespace) {
	t.Helper()
	if err := lab.Available(); err != nil {
		t.Skipf("no lab on this machine: %v", err)
	}
	var all []*lab.Namespace
	for _, name := range []string{"router", "box", "pc"} {
		n, err := lab.NewNamespace(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { n.Close() })
		all = append(all, n)
	}
	router, box, pc = all[0], all[1], all[2]
	for _, err := range []error{lab.Cable(router, "eth0", box, "wan", 1), lab.Cable(pc, "eth0", box, "lan", 2)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for n, cidr := range map[*lab.Namespace]string{router: "192.168.9.1/24", pc: "192.168.9.2/24"} {
		if err := n.Do(func() error { return addressed(cidr) }); err != nil {
			t.Fatal(err)
		}
	}
	return router, box, pc
}

func addressed(cidr string) error {
	link, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	addr, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	return errors.Join(netlink.AddrReplace(link, addr), netlink.LinkSetUp(link))
}

// A port that is missing must not cost the other one its network.
func TestLineNeedsBothPorts(t *testing.T) {
	t.Parallel()
	_, box, _ := office(t)
	err := box.Do(func() error {
		if err := Line(Config{Bridge: "br0", Ports: []string{"wan", "gone"}}); err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("says %v", err)
		}
		port, err := netlink.LinkByName("wan")
		if err == nil && port.Attrs().MasterIndex != 0 {
			t.Error("the port that is there was put into a bridge")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The line alone carries traffic, and the box takes over the same bridge.
func TestLine(t *testing.T) {
	t.Parallel()
	router, box, pc := office(t)
	var l net.Listener
	if err := router.Do(func() (err error) { l, err = net.Listen("tcp", "192.168.9.1:80"); return err }); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := Config{Bridge: "br0", Ports: []string{"wan", "lan"}, Queues: 1}
	if err := box.Do(func() error { return errors.Join(Line(c), Line(c)) }); err != nil {
		t.Fatal(err)
	}
	reach := func() error {
		conn, err := net.DialTimeout("tcp", "192.168.9.1:80", 30*time.Second)
		if err == nil {
			err = conn.Close()
		}
		return err
	}
	if err := pc.Do(reach); err != nil {
		t.Fatal(err)
	}
	if err := box.Do(func() error {
		m, err := Up(c)
		if err != nil {
			return err
		}
		return Down(m)
	}); err != nil {
		t.Fatal(err)
	}
	if err := pc.Do(reach); err != nil {
		t.Fatal("not as before: ", err)
	}
}

// counted is what nft shows of the traffic: hosts say something by themselves at any time.
var counted = regexp.MustCompile(`counter packets \d+ bytes \d+ ?`)

// state is what stands in the kernel's rule sets.
func state(t *testing.T, n *lab.Namespace) string {
	t.Helper()
	var out bytes.Buffer
	err := n.Do(func() error {
		for _, args := range [][]string{{"iptables-save"}, {"ip6tables-save"}, {"nft", "list", "ruleset"}} {
			cmd := exec.Command(args[0], args[1:]...)
			text, err := cmd.Output()
			if err != nil && args[0] != "nft" {
				return fmt.Errorf("%v: %w", args, err)
			}
			for line := range strings.Lines(string(text)) {
				if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ":") { // dates and policies
					out.WriteString(counted.ReplaceAllString(line, ""))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Up may be repeated, the bridge forwards with nobody listening, and Down leaves
// nothing of ours and everything of others.
func TestUpAndDown(t *testing.T) {
	router, box, pc := office(t)
	others := "*filter\n:MINE - [0:0]\n-A FORWARD -s 203.0.113.1/32 -j MINE\n-A MINE -j DROP\nCOMMIT\n"
	if err := box.Do(func() error { return feed(others, "iptables-restore", "--noflush") }); err != nil {
		t.Skipf("no iptables here: %v", err)
	}
	cfg := Config{Bridge: "br-otasuke", Ports: []string{"wan", "lan"}, Queues: 2}
	var m Mechanism
	up := func() {
		t.Helper()
		if err := box.Do(func() (err error) { m, err = Up(cfg); return err }); err != nil {
			t.Fatal(err)
		}
	}
	down := func() {
		t.Helper()
		if err := box.Do(func() error { return Down(m) }); err != nil {
			t.Fatal(err)
		}
	}
	up()
	down()
	before := state(t, box)
	up()
	once := state(t, box)
	if !strings.Contains(strings.ToLower(once), "otasuke") || !strings.Contains(once, "203.0.113.1") {
		t.Errorf("after Up:\n%s", once)
	}
	up()
	if again := state(t, box); again != once {
		t.Errorf("Up twice:\n%s\nonce:\n%s", again, once)
	}
	reaches(t, router, pc)
	down()
	if after := state(t, box); after != before || strings.Contains(strings.ToLower(after), "otasuke") {
		t.Errorf("after Down:\n%s\nbefore:\n%s", after, before)
	}
	reaches(t, router, pc)
	t.Logf("mechanism %s", m)
}

// reaches connects from the PC to the router.
func reaches(t *testing.T, router, pc *lab.Namespace) {
	t.Helper()
	l, err := router.Listen("192.168.9.1:8000")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for end := time.Now().Add(30 * time.Second); ; {
		c, err := pc.Dial(t.Context(), "tcp", "192.168.9.1:8000")
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the bridge does not forward: %v", err)
		}
	}
}

func TestMissingPort(t *testing.T) {
	_, box, _ := office(t)
	err := box.Do(func() error {
		_, err := Up(Config{Bridge: "br-otasuke", Ports: []string{"wan", "eth7"}, Queues: 1})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "port eth7") || !strings.Contains(err.Error(), "ip link") {
		t.Errorf("got %v", err)
	}
}
