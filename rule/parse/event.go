package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strings"
)

// setEvent makes a keyword that asks for an event. layer is put before the name.
func setEvent(buf rule.Buffer, layer string) func(*builder, string) error {
	return func(b *builder, v string) error {
		name := layer + strings.TrimSpace(value.Unquote(v))
		name = strings.Replace(name, "ikev2.", "ike.", 1)
		if !rule.KnownEvent(name) {
			return fmt.Errorf("event %q is not known", name)
		}
		if proto, _, ok := strings.Cut(name, "."); ok && buf == rule.AppEvent {
			if p, ok := protoByName[proto]; ok && !b.r.Proto.App() {
				b.eventApp = p
			}
		}
		if b.matches++; b.matches > maxMatches {
			return fmt.Errorf("the rule has more than %d matches; split it", maxMatches)
		}
		b.r.Sections = append(b.r.Sections, rule.Section{Buffer: buf,
			Matches: []rule.Match{&rule.Content{Pattern: []byte(name), StartsWith: true, EndsWith: true}}})
		return nil
	}
}

// setChecksum makes the keywords that ask whether a checksum is right.
func setChecksum(f rule.Field) func(*builder, string) error {
	return func(b *builder, v string) error {
		c := rule.Compare{A: 1}
		switch strings.ToLower(value.Unquote(v)) {
		case "valid":
		case "invalid":
			c.A = 0
		default:
			return errors.New("write valid or invalid")
		}
		b.r.Packet = append(b.r.Packet, rule.FieldTest{Field: f, Compare: c})
		b.forcePacket = true
		return nil
	}
}

var ipOptions = map[string]int64{"rr": rule.IPOptionRR, "eol": rule.IPOptionEOL, "nop": rule.IPOptionNOP, "ts": rule.IPOptionTS, "sec": rule.IPOptionSEC,
	"lsrr": rule.IPOptionLSRR, "esec": rule.IPOptionESEC, "cipso": rule.IPOptionCIPSO, "satid": rule.IPOptionSATID, "ssrr": rule.IPOptionSSRR,
	"rtralt": rule.IPOptionRTRALT, "qs": rule.IPOptionQS, "any": 1<<32 - 1}

func setIPOptions(b *builder, v string) error {
	bit, ok := ipOptions[strings.ToLower(value.Unquote(v))]
	if !ok {
		return fmt.Errorf("IP option %q is not known; use for example lsrr, ssrr, rr or any", v)
	}
	b.r.Packet = append(b.r.Packet, rule.FieldTest{Field: rule.FieldIPOptions, Compare: rule.Compare{Op: rule.OpAnd, A: bit}})
	b.forcePacket = true
	return nil
}

// setVLANID reads "id" or "id,layer".
func setVLANID(b *builder, v string) error {
	id, layer, has := strings.Cut(v, ",")
	c, err := value.Mask(strings.TrimSpace(id))
	if err != nil {
		return err
	}
	b.forcePacket = true
	test := func(f rule.Field) rule.FieldTest { return rule.FieldTest{Field: f, Compare: c} }
	switch strings.TrimSpace(layer) {
	case "0", "-3":
		b.r.Packet = append(b.r.Packet, test(rule.FieldVLAN0))
	case "1", "-2":
		b.r.Packet = append(b.r.Packet, test(rule.FieldVLAN1))
	case "2", "-1":
		b.r.Packet = append(b.r.Packet, test(rule.FieldVLAN2))
	case "all":
		b.r.PacketAny = append(b.r.PacketAny, []rule.FieldTest{test(rule.FieldVLAN0)})
		b.r.Packet = append(b.r.Packet, test(rule.FieldVLAN0))
	case "any", "":
		if has && strings.TrimSpace(layer) == "" {
			return value.Unknown(layer)
		}
		b.r.PacketAny = append(b.r.PacketAny, []rule.FieldTest{test(rule.FieldVLAN0), test(rule.FieldVLAN1), test(rule.FieldVLAN2)})
	default:
		return value.Unknown(layer)
	}
	return nil
}

// flowField makes a keyword that compares a count of the flow.
func flowField(f rule.Field) func(*builder, string) error {
	return func(b *builder, v string) error {
		c, err := value.Mask(strings.TrimSpace(v))
		b.r.Packet = append(b.r.Packet, rule.FieldTest{Field: f, Compare: c})
		return err
	}
}

// setFlowCount reads "toserver,>10" for flow.pkts and flow.bytes.
func setFlowCount(toServer, toClient, either rule.Field) func(*builder, string) error {
	return func(b *builder, v string) error {
		side, count, ok := strings.Cut(v, ",")
		if !ok {
			return flowField(either)(b, v)
		}
		f, known := map[string]rule.Field{"toserver": toServer, "toclient": toClient, "either": either}[strings.TrimSpace(side)]
		if !known {
			return fmt.Errorf("side %q is not known; use toserver, toclient or either", side)
		}
		return flowField(f)(b, count)
	}
}

var tlsStates = map[string]int64{"client_hello": 1, "server_hello": 2, "client_keyx": 3, "server_keyx": 4, "unknown": 5}

// setTLSState reads "client_hello|server_hello"; each with ! before it for the others.
func setTLSState(b *builder, v string) error {
	list := &rule.NumberList{}
	for word := range strings.SplitSeq(v, "|") {
		bare, not := strings.CutPrefix(strings.TrimSpace(word), "!")
		n, ok := tlsStates[bare]
		if !ok {
			return fmt.Errorf("TLS state %q is not known", bare)
		}
		if not {
			list.Ranges = append(list.Ranges, [2]int64{0, n - 1}, [2]int64{n + 1, 99})
			continue
		}
		list.Ranges = append(list.Ranges, [2]int64{n, n})
	}
	return b.inBuffer(rule.TLSState, list)
}

// setSSLVersion reads "tls1.0,!sslv3".
func setSSLVersion(b *builder, v string) error {
	list := &rule.NumberList{}
	for word := range strings.SplitSeq(strings.ToLower(v), ",") {
		bare, not := strings.CutPrefix(strings.TrimSpace(word), "!")
		n, ok := tlsVersions[bare]
		if !ok {
			return fmt.Errorf("%q is no version of TLS", word)
		}
		if not {
			list.Ranges = append(list.Ranges, [2]int64{0, n - 1}, [2]int64{n + 1, 0xffff})
			continue
		}
		list.Ranges = append(list.Ranges, [2]int64{n, n})
	}
	return b.inBuffer(rule.TLSVersion, list)
}

// setFTPDataCommand compares the command that opened a data connection.
func setFTPDataCommand(b *builder, v string) error {
	v = strings.ToLower(strings.TrimSpace(v))
	switch v {
	case "retr", "stor", "nlst", "list", "mlsd", "appe", "stou":
	default:
		return fmt.Errorf("%q opens no data connection; use retr, stor, list, nlst, mlsd, appe or stou", v)
	}
	return b.inBuffer(rule.FTPDataCommand, &rule.Content{Pattern: []byte(v), Nocase: true, StartsWith: true, EndsWith: true})
}

// nfsProcedures of version 3 (RFC 1813 section 3).
var nfsProcedures = value.Enum("null", "getattr", "setattr", "lookup", "access", "readlink", "read", "write", "create", "mkdir", "symlink", "mknod", "remove", "rmdir",
	"rename", "link", "readdir", "readdirplus", "fsstat", "fsinfo", "pathconf", "commit")

// setNFSProcedure reads names, numbers and ranges of procedures.
func setNFSProcedure(b *builder, v string) error {
	if n, ok := nfsProcedures[strings.ToLower(strings.TrimSpace(v))]; ok {
		return b.number(rule.NFSProcedure, rule.Compare{A: n}, rule.Which{})
	}
	c, err := value.Compare(v)
	if err != nil {
		return err
	}
	return b.number(rule.NFSProcedure, c, rule.Which{})
}

func setBounce(b *builder, _ string) error { return b.inBuffer(rule.FTPCommandData, &rule.Bounce{}) }
