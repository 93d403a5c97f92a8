package prefix

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"
)

// Lease is a network for a time.
type Lease struct {
	// Prefix is all that was handed out, a /64 or more.
	Prefix netip.Prefix
	// Preferred is how long its addresses may begin something, Valid how long they are ours; Renew
	// is when to ask the server for more, Rebind when to ask any (RFC 8415 sections 21.21, 21.22).
	Preferred, Valid, Renew, Rebind time.Duration

	server dhcpv6.DUID
}

const (
	// minLease is what a shorter time counts as: asking more often helps nobody.
	minLease = 10 * time.Second
	// maxLease bounds "forever": a router that is replaced is noticed.
	maxLease = 24 * time.Hour
	// widest is more than any office is given (RFC 6177: /48), narrowest what hosts can make
	// addresses in (RFC 4862 section 5.5.3).
	widest, narrowest = 32, 64
	// maxElapsed is the most that fits (section 21.9).
	maxElapsed = 0xffff * 10 * time.Millisecond
)

// iaid tells our one network from others that we could ask for (section 12).
var iaid = [4]byte{0, 0, 0, 1}

// Errors of answers: no answer to us; the line gives none; what we have is not ours any more.
var (
	errOther   = errors.New("prefix: not an answer to us")
	errRefused = errors.New("prefix: none is given")
	errGone    = errors.New("prefix: it was taken back")
)

// ask is what a message asks for.
type ask struct {
	kind   dhcpv6.MessageType
	prefix netip.Prefix // that we have or had; zero for none
	server dhcpv6.DUID  // whom it is for; nil for any
}

// id is what servers know us by (section 11.4): made of the hardware address, so that it is the same
// after the disk was lost.
func id(mac net.HardwareAddr) *dhcpv6.DUIDLL {
	return &dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: mac}
}

// message makes one; since is how long we have been asking.
func (a *ask) message(mac net.HardwareAddr, xid dhcpv6.TransactionID, since time.Duration) []byte {
	m := &dhcpv6.Message{MessageType: a.kind, TransactionID: xid}
	m.AddOption(dhcpv6.OptClientID(id(mac)))
	if a.server != nil {
		m.AddOption(dhcpv6.OptServerID(a.server))
	}
	m.AddOption(dhcpv6.OptElapsedTime(min(since, maxElapsed)))
	pd := &dhcpv6.OptIAPD{IaId: iaid}
	if p := a.prefix; p.IsValid() {
		pd.Options.Add(&dhcpv6.OptIAPrefix{Prefix: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 128)}})
	}
	m.AddOption(pd)
	return m.ToBytes()
}

// answer reads a message of that kind that may answer the question with that number; held is the
// network that we have.
func answer(b []byte, kind dhcpv6.MessageType, mac net.HardwareAddr, xid dhcpv6.TransactionID, held netip.Prefix) (*Lease, error) {
	m, err := dhcpv6.MessageFromBytes(b)
	if err != nil || m.MessageType != kind || m.TransactionID != xid {
		return nil, errOther
	}
	server, client := m.Options.ServerID(), m.Options.ClientID()
	if server == nil || client == nil || !bytes.Equal(client.ToBytes(), id(mac).ToBytes()) {
		return nil, errOther // section 16.3, 16.10
	}
	if err := status(m.Options.Status()); err != nil {
		return nil, err
	}
	result := errOther
	var best *Lease
	for _, pd := range m.Options.IAPD() {
		if pd.IaId != iaid || pd.T2 > 0 && pd.T1 > pd.T2 {
			continue
		}
		if err := status(pd.Options.Status()); err != nil {
			result = err
			continue
		}
		for _, p := range pd.Options.Prefixes() {
			switch l := lease(pd, p); {
			case l != nil && (best == nil || l.Prefix == held && best.Prefix != held):
				best = l
			case l == nil && p.ValidLifetime == 0 && network(p.Prefix) == held && held.IsValid():
				result = errGone
			}
		}
	}
	if best == nil {
		return nil, result
	}
	best.server = server
	return best, nil
}

// status is an error for all but success (section 21.13).
func status(s *dhcpv6.OptStatusCode) error {
	if s == nil || s.StatusCode == iana.StatusSuccess {
		return nil
	}
	return fmt.Errorf("%w: %s", errRefused, s.StatusCode)
}

// network is a prefix of which an office can live; the zero one for others. Nobody may give us what
// is no host's, or much of the internet.
func network(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.Prefix{}
	}
	a, _ := netip.AddrFromSlice(n.IP)
	bits, all := n.Mask.Size()
	if all != 128 || bits < widest || bits > narrowest || !a.Is6() || a.Is4In6() || !a.IsGlobalUnicast() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, bits).Masked()
}

// lease reads a prefix; nil for one that cannot be used, or not any more.
func lease(pd *dhcpv6.OptIAPD, p *dhcpv6.OptIAPrefix) *Lease {
	l := &Lease{Prefix: network(p.Prefix), Valid: p.ValidLifetime, Preferred: p.PreferredLifetime, Renew: pd.T1, Rebind: pd.T2}
	if !l.Prefix.IsValid() || l.Preferred == 0 || l.Preferred > l.Valid || status(p.Options.Status()) != nil {
		return nil
	}
	l.Valid = max(minLease, min(l.Valid, maxLease))
	l.Preferred = max(minLease/2, min(l.Preferred, l.Valid))
	if l.Renew < time.Second || l.Renew >= l.Preferred {
		l.Renew = l.Preferred / 2
	}
	if l.Rebind <= l.Renew || l.Rebind >= l.Valid {
		l.Rebind = l.Renew + (l.Valid-l.Renew)/2
	}
	return l
}
