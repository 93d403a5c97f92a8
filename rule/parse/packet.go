package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strings"
)

// packetField makes the handler of a keyword that compares a header field.
func packetField(f rule.Field) func(*builder, string) error {
	return func(b *builder, v string) error {
		c, err := value.Compare(v)
		if err != nil {
			return err
		}
		b.r.Packet = append(b.r.Packet, rule.FieldTest{Field: f, Compare: c})
		b.forcePacket = true
		return nil
	}
}

func setIPProto(b *builder, v string) error {
	names := map[string]string{"icmp": "1", "igmp": "2", "tcp": "6", "udp": "17", "ipv6": "41", "gre": "47", "esp": "50",
		"ah": "51", "icmp6": "58", "ospf": "89", "pim": "103", "sctp": "132"}
	bare := strings.TrimLeft(v, "!<> ")
	if n, ok := names[strings.ToLower(bare)]; ok {
		v = strings.TrimSuffix(v, bare) + n
	}
	c, err := value.Compare(v)
	if err != nil {
		return err
	}
	b.r.Packet = append(b.r.Packet, rule.FieldTest{Field: rule.FieldIPProto, Compare: c})
	return nil
}

// flagBits reads flag letters with the marks + * and !.
func flagBits(v string, letters map[byte]uint8) (rule.BitTest, error) {
	var t rule.BitTest
	for _, c := range []byte(strings.TrimSpace(v)) {
		bit, ok := letters[c]
		switch {
		case c == '!':
			t.Not = true
		case c == '+' || c == '*':
			t.Mode = c
		case ok:
			t.Bits |= bit
		default:
			return t, fmt.Errorf("flag %q is not known", c)
		}
	}
	return t, nil
}

var tcpFlagLetters = map[byte]uint8{
	'F': 0x01, 'S': 0x02, 'R': 0x04, 'P': 0x08, 'A': 0x10, 'U': 0x20, 'E': 0x40, 'C': 0x80,
	'1': 0x80, '2': 0x40, '0': 0,
}

func setTCPFlags(b *builder, v string) error {
	test, mask, _ := strings.Cut(v, ",")
	t, err := flagBits(test, tcpFlagLetters)
	if err != nil {
		return err
	}
	m, err := flagBits(mask, tcpFlagLetters)
	if err != nil {
		return err
	}
	t.Ignore = m.Bits
	b.r.TCPFlags = append(b.r.TCPFlags, t)
	b.forcePacket = true
	return nil
}

func setFragBits(b *builder, v string) error {
	t, err := flagBits(v, map[byte]uint8{'M': 1, 'D': 2, 'R': 4})
	if err != nil {
		return err
	}
	if t.Bits == 0 {
		return errors.New("no flag is named; use M, D or R")
	}
	b.r.FragBits = append(b.r.FragBits, t)
	b.forcePacket = true
	return nil
}

func setSameIP(b *builder, _ string) error {
	b.r.SameIP = true
	b.forcePacket = true
	return nil
}

// setNetwork reads the network protocol: a rule for one version of IP.
func setNetwork(b *builder, v string) error {
	p, ok := map[string]rule.Proto{"ip4": rule.ProtoIPv4, "ipv4": rule.ProtoIPv4, "ip6": rule.ProtoIPv6, "ipv6": rule.ProtoIPv6}[strings.ToLower(v)]
	if !ok {
		return fmt.Errorf("%q is no version of IP; use ipv4 or ipv6", v)
	}
	b.r.Network = p
	return nil
}
