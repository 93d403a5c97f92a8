package enforce

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
)

// Errors.
var (
	ErrNoMechanism = errors.New("enforce: this kernel has neither nftables queues for bridges nor br_netfilter with NFQUEUE")
	ErrPorts       = errors.New("enforce: the bridge needs two ports")
)

// Up makes the bridge, if needed, and puts the queue rules in place. It works in
// the network namespace of the calling thread and may be repeated.
func Up(c Config) (Mechanism, error) {
	if len(c.Ports) != 2 {
		return "", fmt.Errorf("%w: %v", ErrPorts, c.Ports)
	}
	if !c.Routed {
		if err := Line(c); err != nil {
			return "", err
		}
	}
	if feed(Rules(c, NFT), "nft", "-f", "-") == nil {
		count()
		return NFT, nil
	}
	if err := xtables(c); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoMechanism, err)
	}
	count()
	return XTable, nil
}

// Down takes the queue rules away. The bridge stays and forwards.
func Down(m Mechanism) error {
	if m == NFT {
		return feed("table bridge otasuke\ndelete table bridge otasuke\ntable inet otasuke\ndelete table inet otasuke\n", "nft", "-f", "-")
	}
	var errs []error
	for _, tool := range []string{"iptables-restore", "ip6tables-restore"} {
		_ = feed(withdrawNames, tool, "--noflush") // there on a router
		for _, text := range withdraw() {
			errs = append(errs, feed(text, tool, "--noflush"))
		}
	}
	_ = feed("delete table "+tagTable+"\n", "nft", "-f", "-") // not there without nft
	return errors.Join(errs...)
}

func bridge(c Config) error {
	link, err := netlink.LinkByName(c.Bridge)
	var missing netlink.LinkNotFoundError
	if errors.As(err, &missing) {
		link = &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: c.Bridge}}
		if err = netlink.LinkAdd(link); err != nil {
			return fmt.Errorf("enforce: make bridge %s: %w", c.Bridge, err)
		}
		link, err = netlink.LinkByName(c.Bridge)
	}
	if err != nil {
		return fmt.Errorf("enforce: bridge %s: %w", c.Bridge, err)
	}
	if err := errors.Join(transparent(link.Attrs().Index), silent(c.Bridge, c.Address)); err != nil {
		return fmt.Errorf("enforce: bridge %s: %w", c.Bridge, err)
	}
	for _, name := range c.Ports {
		if err := join(name, link, c.MTU); err != nil {
			return err
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("enforce: start %s: %w", c.Bridge, err)
	}
	return nil
}

// xtables switches br_netfilter on and loads the rules for both families.
func xtables(c Config) error {
	if c.Routed {
		return load(c)
	}
	if _, err := os.Stat("/proc/sys/net/bridge"); err != nil {
		_ = exec.Command("modprobe", "br_netfilter").Run() // absent where it is built in
	}
	for _, name := range []string{"bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-filter-vlan-tagged", "bridge-nf-filter-pppoe-tagged"} {
		if err := os.WriteFile(filepath.Join("/proc/sys/net/bridge", name), []byte("1\n"), 0o644); err != nil {
			return err
		}
	}
	if err := load(c); err != nil {
		return err
	}
	_ = feed(TagRules(c), "nft", "-f", "-") // without nft only answers to tagged packets are lost
	return nil
}

// load puts the rules into both families.
func load(c Config) error {
	if own() {
		_ = Down(XTable) // an earlier run that was killed
	}
	for _, tool := range []string{"iptables-restore", "ip6tables-restore"} {
		if err := feed(Rules(c, XTable), tool, "--noflush"); err != nil {
			return err
		}
	}
	return nil
}

// own tells whether rules of ours are there already.
func own() bool {
	return exec.Command("iptables", "-w", "-n", "-L", "OTASUKE").Run() == nil
}

// feed runs a tool with text on its standard input.
func feed(text, tool string, args ...string) error {
	cmd := exec.Command(tool, args...)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("enforce: %s: %w: %s", tool, err, strings.TrimSpace(string(out)))
	}
	return nil
}
