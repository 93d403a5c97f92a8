package enforce

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// accounting makes the kernel count the bytes of connections that begin from now on.
const accounting = "/proc/sys/net/netfilter/nf_conntrack_acct"

// count switches it on. Without it what connections carry after they were let go is not
// known; they are protected all the same.
func count() { _ = os.WriteFile(accounting, []byte("1\n"), 0o644) }

// LetGo tells of each connection that the kernel forwards without us, in the network
// namespace of the calling thread: its ends and how many bytes it has carried, with those
// that we saw. The kernel keeps a connection for 10 seconds and more after its end (RFC
// 9293's TIME-WAIT, and "nf_conntrack_tcp_timeout_close").
func LetGo(tell func(proto uint8, client, server netip.AddrPort, bytes [2]uint64)) error {
	var errs []error
	for _, family := range []netlink.InetFamily{unix.AF_INET, unix.AF_INET6} {
		list, err := netlink.ConntrackTableList(netlink.ConntrackTable, family)
		if err != nil {
			errs = append(errs, fmt.Errorf("enforce: connections of the kernel: %w", err))
		}
		for _, c := range list {
			if c.Mark == BypassMark {
				f := &c.Forward
				tell(f.Protocol, end(f.SrcIP, f.SrcPort), end(f.DstIP, f.DstPort), [2]uint64{f.Bytes, c.Reverse.Bytes})
			}
		}
	}
	return errors.Join(errs...)
}

func end(ip net.IP, port uint16) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), port)
}
