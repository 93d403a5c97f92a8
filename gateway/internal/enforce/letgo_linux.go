package enforce

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/ti-mo/conntrack"
)

// accounting makes the kernel count the bytes of connections that begin from now on.
const accounting = "/proc/sys/net/netfilter/nf_conntrack_acct"

// count switches it on. Without it what connections carry after they were let go is not
// known; they are protected all the same.
func count() { _ = os.WriteFile(accounting, []byte("1\n"), 0o644) }

// LetGo tells of each connection that the kernel forwards without us, in the network
// namespace of the calling thread: its ends and how many bytes it has carried, with those
// that we saw. The kernel picks them out by their mark, as there may be hundreds of thousands
// of others. It keeps a connection for 10 seconds and more after its end (RFC 9293's
// TIME-WAIT, and "nf_conntrack_tcp_timeout_close").
func LetGo(tell func(proto uint8, client, server netip.AddrPort, bytes [2]uint64)) (err error) {
	c, err := conntrack.Dial(nil)
	if err != nil {
		return fmt.Errorf("enforce: connections of the kernel: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	list, err := c.DumpFilter(conntrack.NewFilter().Mark(BypassMark), nil)
	if err != nil {
		return fmt.Errorf("enforce: connections of the kernel: %w", err)
	}
	for i := range list {
		f := &list[i]
		if p := &f.TupleOrig; f.Mark == BypassMark { // some kernels do not filter
			tell(p.Proto.Protocol, end(p.IP.SourceAddress, p.Proto.SourcePort), end(p.IP.DestinationAddress, p.Proto.DestinationPort), [2]uint64{f.CountersOrig.Bytes, f.CountersReply.Bytes})
		}
	}
	return nil
}

func end(a netip.Addr, port uint16) netip.AddrPort { return netip.AddrPortFrom(a.Unmap(), port) }
