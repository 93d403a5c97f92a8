package prefix

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/iana"
)

var (
	ours   = net.HardwareAddr{2, 0, 0, 0, 0, 9}
	theirs = &dhcpv6.DUIDLL{HWType: iana.HWTypeEthernet, LinkLayerAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1}}
	xid    = dhcpv6.TransactionID{1, 2, 3}
	held   = netip.MustParsePrefix("2001:db8:aa00::/56")
)

// part is a network in a reply.
func part(prefix string, preferred, valid time.Duration) *dhcpv6.OptIAPrefix {
	ip, n, err := net.ParseCIDR(prefix)
	if err != nil {
		panic(err)
	}
	return &dhcpv6.OptIAPrefix{Prefix: &net.IPNet{IP: ip, Mask: n.Mask}, PreferredLifetime: preferred, ValidLifetime: valid}
}

// reply is what a server says, changed by f.
func reply(f func(m *dhcpv6.Message, pd *dhcpv6.OptIAPD)) []byte {
	m := &dhcpv6.Message{MessageType: dhcpv6.MessageTypeReply, TransactionID: xid}
	m.AddOption(dhcpv6.OptClientID(id(ours)))
	m.AddOption(dhcpv6.OptServerID(theirs))
	pd := &dhcpv6.OptIAPD{IaId: iaid, T1: 30 * time.Minute, T2: 40 * time.Minute}
	pd.Options.Add(part("2001:db8:aa00::/56", 50*time.Minute, time.Hour))
	m.AddOption(pd)
	if f != nil {
		f(m, pd)
	}
	return m.ToBytes()
}

// parts puts other networks into a reply.
func parts(list ...*dhcpv6.OptIAPrefix) []byte {
	return reply(func(_ *dhcpv6.Message, pd *dhcpv6.OptIAPD) {
		pd.Options = dhcpv6.PDOptions{}
		for _, p := range list {
			pd.Options.Add(p)
		}
	})
}

func refusal(code iana.StatusCode) dhcpv6.Option { return &dhcpv6.OptStatusCode{StatusCode: code} }

func TestAnswer(t *testing.T) {
	t.Parallel()
	good := reply(nil)
	l, err := answer(good, dhcpv6.MessageTypeReply, ours, xid, netip.Prefix{})
	if err != nil || l.Prefix != held || l.Preferred != 50*time.Minute || l.Valid != time.Hour || l.Renew != 30*time.Minute || l.Rebind != 40*time.Minute || !l.server.Equal(theirs) {
		t.Fatalf("%+v %v", l, err)
	}
	hour := time.Hour
	for name, tt := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing": {nil, errOther}, "a header": {good[:4], errOther}, "cut in an option": {good[:len(good)-5], errOther},
		"a question":         {reply(func(m *dhcpv6.Message, _ *dhcpv6.OptIAPD) { m.MessageType = dhcpv6.MessageTypeSolicit }), errOther},
		"a relay's":          {append([]byte{byte(dhcpv6.MessageTypeRelayReply)}, good[1:]...), errOther},
		"another question":   {reply(func(m *dhcpv6.Message, _ *dhcpv6.OptIAPD) { m.TransactionID[0]++ }), errOther},
		"another client":     {reply(func(m *dhcpv6.Message, _ *dhcpv6.OptIAPD) { m.UpdateOption(dhcpv6.OptClientID(theirs)) }), errOther},
		"no client":          {reply(func(m *dhcpv6.Message, _ *dhcpv6.OptIAPD) { m.Options.Del(dhcpv6.OptionClientID) }), errOther},
		"no server":          {reply(func(m *dhcpv6.Message, _ *dhcpv6.OptIAPD) { m.Options.Del(dhcpv6.OptionServerID) }), errOther},
		"an empty server":    {append(append([]byte(nil), good[:4]...), 0, 2, 0, 0), errOther},
		"no network":         {reply(func(m *dhcpv6.Message, _ *dhcpv6.OptIAPD) { m.Options.Del(dhcpv6.OptionIAPD) }), errOther},
		"another of ours":    {reply(func(_ *dhcpv6.Message, pd *dhcpv6.OptIAPD) { pd.IaId[0]++ }), errOther},
		"T1 after T2":        {reply(func(_ *dhcpv6.Message, pd *dhcpv6.OptIAPD) { pd.T1 = time.Hour }), errOther},
		"longer in use":      {parts(part("2001:db8:aa00::/56", 2*hour, hour)), errOther},
		"not in use":         {parts(part("2001:db8:aa00::/56", 0, hour)), errOther},
		"all of it":          {parts(&dhcpv6.OptIAPrefix{PreferredLifetime: hour, ValidLifetime: hour}), errOther},
		"much of it":         {parts(part("2000::/3", hour, hour)), errOther},
		"too narrow":         {parts(part("2001:db8:aa00::/65", hour, hour)), errOther},
		"a host":             {parts(part("2001:db8:aa00::1/128", hour, hour)), errOther},
		"longer than it is":  {bytes.Replace(good, []byte{56, 0x20, 1}, []byte{129, 0x20, 1}, 1), errOther},
		"the cable's":        {parts(part("fe80::/64", hour, hour)), errOther},
		"a group":            {parts(part("ff02::/64", hour, hour)), errOther},
		"this machine":       {parts(part("::/64", hour, hour)), errOther},
		"IPv4":               {parts(part("::ffff:192.0.2.0/120", hour, hour)), errOther},
		"refused":            {reply(func(m *dhcpv6.Message, _ *dhcpv6.OptIAPD) { m.AddOption(refusal(iana.StatusUnspecFail)) }), errRefused},
		"nothing left":       {reply(func(_ *dhcpv6.Message, pd *dhcpv6.OptIAPD) { pd.Options.Add(refusal(iana.StatusNoPrefixAvail)) }), errRefused},
		"not known":          {reply(func(_ *dhcpv6.Message, pd *dhcpv6.OptIAPD) { pd.Options.Add(refusal(iana.StatusNoBinding)) }), errRefused},
		"taken back":         {parts(part("2001:db8:aa00::/56", 0, 0)), errGone},
		"another taken back": {parts(part("2001:db8:bb00::/56", 0, 0)), errOther},
	} {
		if l, err := answer(tt.b, dhcpv6.MessageTypeReply, ours, xid, held); l != nil || !errors.Is(err, tt.want) {
			t.Errorf("%s: %+v %v", name, l, err)
		}
	}
}

// What may be given beside each other, and times that are left out or too long.
func TestChoice(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	for name, tt := range map[string]struct {
		b      []byte
		prefix string
		valid  time.Duration
	}{
		"ours of two":          {parts(part("2001:db8:bb00::/56", hour, hour), part("2001:db8:aa00::/56", hour, hour)), "2001:db8:aa00::/56", hour},
		"another for ours":     {parts(part("2001:db8:aa00::/56", 0, 0), part("2001:db8:bb00::/60", hour, hour)), "2001:db8:bb00::/60", hour},
		"ours, about to go":    {parts(part("2001:db8:aa00::/56", 0, hour), part("2001:db8:bb00::/60", hour, hour)), "2001:db8:bb00::/60", hour},
		"bits of a host":       {parts(part("2001:db8:aa00:ff::9/56", hour, hour)), "2001:db8:aa00::/56", hour},
		"for ever":             {parts(part("2001:db8:aa00::/64", 0xffffffff*time.Second, 0xffffffff*time.Second)), "2001:db8:aa00::/64", maxLease},
		"a moment":             {parts(part("fd00:1::/48", time.Second, time.Second)), "fd00:1::/48", minLease},
		"one refused, one not": {parts(part("2001:db8:aa00::/56", hour, hour)), "2001:db8:aa00::/56", hour},
	} {
		l, err := answer(tt.b, dhcpv6.MessageTypeReply, ours, xid, held)
		if err != nil || l.Prefix.String() != tt.prefix || l.Valid != tt.valid || !ordered(l) {
			t.Errorf("%s: %+v %v", name, l, err)
		}
	}
}

// ordered tells that the times of a lease can be kept.
func ordered(l *Lease) bool {
	return 0 < l.Renew && l.Renew < l.Rebind && l.Rebind < l.Valid && l.Renew < l.Preferred && l.Preferred <= l.Valid && l.Valid >= minLease && l.Valid <= maxLease
}

// What we ask is what another reader finds in it.
func TestAsk(t *testing.T) {
	t.Parallel()
	for _, a := range []ask{{kind: dhcpv6.MessageTypeSolicit}, {kind: dhcpv6.MessageTypeRebind, prefix: held}, {kind: dhcpv6.MessageTypeRenew, prefix: held, server: theirs}} {
		var m layers.DHCPv6
		if err := m.DecodeFromBytes(a.message(ours, xid, 20*time.Minute), gopacket.NilDecodeFeedback); err != nil {
			t.Fatal(err)
		}
		got := map[layers.DHCPv6Opt][]byte{}
		for _, o := range m.Options {
			got[o.Code] = o.Data
		}
		if byte(m.MsgType) != byte(a.kind) || string(m.TransactionID) != string(xid[:]) || string(got[layers.DHCPv6OptClientID]) != "\x00\x03\x00\x01"+string(ours) ||
			string(got[layers.DHCPv6OptElapsedTime]) != "\xff\xff" || (got[layers.DHCPv6OptServerID] != nil) != (a.server != nil) {
			t.Errorf("%+v: %+v", a, m)
		}
		want := string(iaid[:]) + "\x00\x00\x00\x00\x00\x00\x00\x00"
		if a.prefix.IsValid() {
			want += "\x00\x1a\x00\x19\x00\x00\x00\x00\x00\x00\x00\x00\x38\x20\x01\x0d\xb8\xaa\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		}
		if string(got[layers.DHCPv6OptIAPD]) != want {
			t.Errorf("%+v: %x", a, got[layers.DHCPv6OptIAPD])
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(reply(nil))
	f.Add(parts(part("2001:db8:aa00::/56", 0, 0), part("2001:db8:bb00::/60", time.Hour, time.Hour)))
	f.Add(reply(func(_ *dhcpv6.Message, pd *dhcpv6.OptIAPD) { pd.Options.Add(refusal(iana.StatusNoBinding)) }))
	f.Add([]byte{7, 1, 2, 3, 0, 2, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := answer(b, dhcpv6.MessageTypeReply, ours, xid, held)
		if (l == nil) == (err == nil) || l != nil && (!ordered(l) || l.Prefix.Bits() > 64 || l.Prefix != l.Prefix.Masked() || l.server == nil) {
			t.Errorf("%+v %v", l, err)
		}
	})
}
