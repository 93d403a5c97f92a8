package prefix

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"golang.org/x/sys/unix"
)

const (
	clientPort = 546
	serverPort = 547
	// maxMessage is more than a server sends.
	maxMessage = 4 << 10
	// solicitMax, renewFirst and renewMax are those of RFC 8415 section 7.6; questions begin after
	// first there and here.
	first      = time.Second
	solicitMax = time.Hour
	renewFirst = 10 * time.Second
	renewMax   = 10 * time.Minute
	// requestTime is how long a server that has offered something is asked for it.
	requestTime = 30 * time.Second
	// confirmTime is how long it is asked whether what we had is still ours, after a start or with
	// a cable that was plugged in (section 18.2.12; CNF_MAX_RD).
	confirmTime = 10 * time.Second
	// saidAfter is when it is said that nothing comes: a router needs some time for its own network.
	saidAfter = 20 * time.Second
	// againAfter is when to try again what the system has refused.
	againAfter = time.Second
	// refusedAfter is when a server is asked again that offers and then does not give.
	refusedAfter = 10 * time.Second
)

// servers is whom we ask: all servers and relays at the other end of the cable (section 7.1).
var servers = net.ParseIP("ff02::1:2")

// errSilent is no answer in time, errClosed a socket that hears no more.
var (
	errSilent = errors.New("prefix: nobody answers")
	errClosed = errors.New("prefix: the port is gone")
)

// Config of a client.
type Config struct {
	// Interface is the one towards the line.
	Interface string
	// Last is the network that the office had before, zero for none.
	Last netip.Prefix
	// Use takes what was got, and nil when nothing is ours any more. What could not be used is asked
	// for again.
	Use func(*Lease) error
	// Again asks to make sure at once that it is still ours: a cable was plugged in.
	Again <-chan struct{}
	Log   *slog.Logger
}

// client is one, with what it has.
type client struct {
	Config
	have  *Lease
	since time.Time // when it got that
	lost  bool      // its server does not know of it: another is looked for while it is valid

	mac   net.HardwareAddr
	index int
	conn  *net.UDPConn
	heard chan []byte
}

// Run asks for a network and keeps it until ctx ends. It works in the network namespace of the process.
func Run(ctx context.Context, c Config) error {
	k := &client{Config: c}
	for ctx.Err() == nil {
		if err := k.open(ctx); err != nil && ctx.Err() == nil {
			c.Log.Debug("IPv6 of the line", "err", err)
		}
		_ = rest(ctx, againAfter)
	}
	return nil
}

// open speaks by a socket until that or ctx ends.
func (c *client) open(ctx context.Context) error {
	i, err := net.InterfaceByName(c.Interface)
	if err != nil {
		return fmt.Errorf("prefix: %w", err)
	}
	lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		return errors.Join(raw.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), c.Interface) }), err)
	}}
	l, err := lc.ListenPacket(ctx, "udp6", fmt.Sprintf("[::]:%d", clientPort))
	if err != nil {
		return fmt.Errorf("prefix: %w", err)
	}
	c.mac, c.index, c.conn, c.heard = i.HardwareAddr, i.Index, l.(*net.UDPConn), make(chan []byte)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	context.AfterFunc(ctx, func() { l.Close() })
	go c.hear(ctx)
	return c.rounds(ctx)
}

// hear reads until the socket is closed.
func (c *client) hear(ctx context.Context) {
	defer close(c.heard)
	b := make([]byte, maxMessage)
	for {
		n, from, err := c.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		if !from.Addr().IsLinkLocalUnicast() {
			continue // of our cable alone
		}
		select {
		case c.heard <- append([]byte(nil), b[:n]...):
		case <-ctx.Done():
			return
		}
	}
}

// rounds keeps a network from one to the next.
func (c *client) rounds(ctx context.Context) error {
	if c.have == nil && c.Last.IsValid() {
		if err := c.confirm(ctx, c.Last); err != nil {
			return err
		}
	}
	for {
		var err error
		switch {
		case c.have != nil && time.Until(c.ends()) <= 0:
			c.Log.Warn("the office's network of IPv6 has run out", "network", c.have.Prefix)
			err = c.drop()
		case c.have == nil || c.lost:
			err = c.gain(ctx)
		default:
			err = c.keep(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// ends is when what we have is ours no more.
func (c *client) ends() time.Time { return c.since.Add(c.have.Valid) }

func (c *client) take(l *Lease) error {
	if err := c.Use(l); err != nil {
		c.Log.Error("the office's network of IPv6 cannot be used", "network", l.Prefix, "err", err)
		return err
	}
	if c.have == nil || c.have.Prefix != l.Prefix {
		c.Log.Info("the line has given the office a network of IPv6", "network", l.Prefix, "valid", l.Valid)
	}
	c.have, c.since, c.lost, c.Last = l, time.Now(), false, l.Prefix
	return nil
}

func (c *client) drop() error {
	c.have, c.lost = nil, false
	return c.Use(nil)
}

// confirm asks whether a network is still ours: any server, as it may be another one now.
func (c *client) confirm(ctx context.Context, p netip.Prefix) error {
	l, err := c.talk(ctx, &ask{kind: dhcpv6.MessageTypeRebind, prefix: p}, dhcpv6.MessageTypeReply, confirmTime, first, confirmTime, nil)
	return c.outcome(l, err)
}

// outcome is what becomes of what we have after a question about it; an error ends the socket.
func (c *client) outcome(l *Lease, err error) error {
	switch {
	case err == nil:
		return c.take(l)
	case errors.Is(err, errGone):
		c.Log.Warn("the line has taken the office's network of IPv6 back", "network", c.Last)
		return c.drop()
	case errors.Is(err, errRefused):
		c.lost = true
		return nil
	case errors.Is(err, errSilent):
		return nil
	}
	return err
}

// gain gets a network, or returns nil when what we have has run out before.
func (c *client) gain(ctx context.Context) error {
	limit := time.Duration(0)
	if c.have != nil {
		limit = time.Until(c.ends())
	}
	offer, err := c.talk(ctx, &ask{kind: dhcpv6.MessageTypeSolicit, prefix: c.Last}, dhcpv6.MessageTypeAdvertise, limit, first, solicitMax, func(why error) {
		if c.have == nil {
			c.Log.Info("the line gives the office no network of IPv6 (prefix delegation of DHCPv6): it goes by IPv4 alone", "why", why)
		}
	})
	if errors.Is(err, errSilent) || errors.Is(err, errRefused) {
		return nil
	}
	if err != nil {
		return err
	}
	l, err := c.talk(ctx, &ask{kind: dhcpv6.MessageTypeRequest, prefix: offer.Prefix, server: offer.server}, dhcpv6.MessageTypeReply, requestTime, first, requestTime, nil)
	if err == nil {
		return c.take(l)
	}
	if errors.Is(err, errSilent) || errors.Is(err, errRefused) || errors.Is(err, errGone) {
		return rest(ctx, refusedAfter)
	}
	return err
}

// rest waits; an error tells that ctx has ended.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// keep waits until more time is to be asked for, and asks.
func (c *client) keep(ctx context.Context) error {
	p, renew := c.have.Prefix, time.NewTimer(time.Until(c.since.Add(c.have.Renew)))
	defer renew.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.Again:
		c.lost = true // until somebody says that it is not
		return c.confirm(ctx, p)
	case _, ok := <-c.heard:
		if !ok {
			return errClosed
		}
		return nil // nobody was asked
	case <-renew.C:
	}
	l, err := c.talk(ctx, &ask{kind: dhcpv6.MessageTypeRenew, prefix: p, server: c.have.server}, dhcpv6.MessageTypeReply, time.Until(c.since.Add(c.have.Rebind)), renewFirst, renewMax, nil)
	if errors.Is(err, errSilent) {
		l, err = c.talk(ctx, &ask{kind: dhcpv6.MessageTypeRebind, prefix: p}, dhcpv6.MessageTypeReply, time.Until(c.ends()), renewFirst, renewMax, nil)
	}
	return c.outcome(l, err)
}

// talk says a question again and again, after wait and ever later up to most, until an answer comes
// that will do. limit is the longest that it takes, 0 for ever; none is told once when nothing comes.
func (c *client) talk(ctx context.Context, a *ask, kind dhcpv6.MessageType, limit, wait, most time.Duration, none func(why error)) (*Lease, error) {
	var xid dhcpv6.TransactionID
	_, _ = rand.Read(xid[:]) // never fails
	begin, why := time.Now(), errSilent
	var end, late <-chan time.Time
	if limit != 0 {
		end = time.After(limit)
	}
	if none != nil {
		late = time.After(saidAfter)
	}
	for ; ; wait = min(2*wait, most) {
		// Without a link-local address yet it fails: it is said again.
		_, _ = c.conn.WriteToUDP(a.message(c.mac, xid, time.Since(begin)), &net.UDPAddr{IP: servers, Port: serverPort, Zone: c.Interface})
		again := time.After(wait + time.Duration((mathrand.Float64()-0.5)*0.2*float64(wait))) // section 15
		for said := false; !said; {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-end:
				return nil, why
			case <-late:
				none(why)
			case <-c.Again:
				said, wait = true, first/2
			case <-again:
				said = true
			case b, ok := <-c.heard:
				if !ok {
					return nil, errClosed
				}
				l, err := answer(b, kind, c.mac, xid, a.prefix)
				if err == nil || a.kind != dhcpv6.MessageTypeSolicit && !errors.Is(err, errOther) {
					return l, err
				}
				if !errors.Is(err, errOther) {
					why = err
				}
			}
		}
	}
}
