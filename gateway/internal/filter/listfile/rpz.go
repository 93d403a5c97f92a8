package listfile

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"otasuke/gateway/internal/filter"
	"otasuke/internal/ascii"
)

// Reasons of zones.
var (
	errTrigger = errors.New("only rules about names and rpz-ip are understood")
	errAction  = errors.New("an answer of its own or another action than NXDOMAIN, NODATA, drop and passthru")
	errZone    = errors.New("the name is outside the zone, or the zone is not named")
	errRPZAddr = errors.New("no address and prefix length of rpz-ip")
	errInclude = errors.New("other files are not read")
)

// zone is where a reader of a zone stands (RFC 1035 section 5.1).
type zone struct {
	origin []byte // small letters, without the last dot
	apex   []byte // where the SOA record stands
	owner  []byte
	depth  int // of parentheses
}

// record reads a line of a zone. Records of several lines only have the first line read:
// the rules are of one.
func (r *reader) record(text []byte) error {
	z := &r.zone
	inside := z.depth > 0
	text = z.uncomment(text)
	f := split(r.fields[:0], text)
	r.fields = f
	if inside || len(f) == 0 {
		return nil
	}
	if f[0][0] == '$' {
		return z.directive(f)
	}
	if text[0] != ' ' && text[0] != '\t' {
		z.owner = append(z.owner[:0], f[0]...)
		f = f[1:]
	}
	typ, data := recordOf(f)
	switch {
	case typ == nil:
		return fmt.Errorf("%q: %w", cut(bytes.TrimSpace(text)), errForm)
	case is(typ, "SOA"):
		name, _ := z.absolute(z.owner)
		z.apex = bytes.Clone(name)
		return nil
	case is(typ, "NS"), is(typ, "TXT"), is(typ, "RRSIG"), is(typ, "DNSKEY"), is(typ, "NSEC"), is(typ, "NSEC3"), is(typ, "NSEC3PARAM"), is(typ, "ZONEMD"):
		return nil // what a zone needs, and comments
	case !is(typ, "CNAME") || len(data) != 1:
		return fmt.Errorf("%q: %w", cut(bytes.TrimSpace(text)), errAction)
	}
	return r.rule(data[0])
}

// rule adds the rule of the current owner.
func (r *reader) rule(target []byte) error {
	trigger, ok := r.zone.trigger()
	if !ok {
		return fmt.Errorf("%q: %w", cut(r.zone.owner), errZone)
	}
	except := false
	switch {
	case is(target, "."), is(target, "*."), is(target, "rpz-drop."):
	case is(target, "rpz-passthru."), ascii.EqualFold(bytes.TrimSuffix(target, []byte(".")), trigger):
		except = true // a rule that points at itself is the old form
	default:
		return fmt.Errorf("%q: %w", cut(r.zone.owner), errAction)
	}
	last := trigger[bytes.LastIndexByte(trigger, '.')+1:]
	if is(last, "rpz-ip") {
		p, ok := rpzAddr(trigger[:max(0, len(trigger)-len(".rpz-ip"))])
		if !ok {
			return fmt.Errorf("%q: %w", cut(trigger), errRPZAddr)
		}
		return r.network(p, except)
	}
	if bytes.HasPrefix(last, []byte("rpz-")) {
		return fmt.Errorf("%q: %w", cut(trigger), errTrigger)
	}
	scope := filter.Exact
	if name, ok := bytes.CutPrefix(trigger, []byte("*.")); ok {
		trigger, scope = name, filter.Below
	}
	return r.added(r.b.Name(r.mark(scope, except), trigger))
}

// directive obeys $ORIGIN and skips $TTL.
func (z *zone) directive(f [][]byte) error {
	switch {
	case is(f[0], "$TTL"):
		return nil
	case is(f[0], "$ORIGIN") && len(f) > 1:
		name, _ := z.absolute(f[1])
		z.origin = bytes.Clone(name)
		return nil
	}
	return fmt.Errorf("%q: %w", cut(f[0]), errInclude)
}

// absolute gives a name in small letters without its last dot; ok is false for one that
// is relative to an origin that nobody named.
func (z *zone) absolute(name []byte) (abs []byte, ok bool) {
	if string(name) == "@" {
		return z.origin, true
	}
	if n, cut := bytes.CutSuffix(name, []byte(".")); cut {
		return ascii.ToLower(n), true
	}
	if len(z.origin) == 0 {
		return ascii.ToLower(name), false
	}
	return append(append(ascii.ToLower(name), '.'), z.origin...), true
}

// trigger is the owner without the zone's name.
func (z *zone) trigger() ([]byte, bool) {
	name := z.owner
	apex := z.apex
	if len(apex) == 0 {
		apex = z.origin
	}
	if !bytes.HasSuffix(name, []byte(".")) && bytes.Equal(apex, z.origin) {
		return name, len(name) > 0 && string(name) != "@" // the usual form: nothing to take off
	}
	abs, _ := z.absolute(name)
	if len(apex) == 0 {
		return nil, false
	}
	t, ok := bytes.CutSuffix(abs, apex)
	t, dot := bytes.CutSuffix(t, []byte("."))
	return t, ok && dot && len(t) > 0
}

// recordOf finds the type behind time and class, which may stand either way round.
func recordOf(f [][]byte) (typ []byte, data [][]byte) {
	for i := 0; i < len(f) && i < 3; i++ {
		if !is(f[i], "IN") && (f[i][0] < '0' || f[i][0] > '9') {
			return f[i], f[i+1:]
		}
	}
	return nil, nil
}

// isRecord tells a line of a zone: a name, time and class or not, and a type that lists of
// other forms do not have there.
func isRecord(line []byte) bool {
	f := split(nil, line)
	if len(f) < 3 {
		return false
	}
	typ, _ := recordOf(f[1:])
	return is(typ, "SOA") || is(typ, "CNAME") || is(typ, "NS")
}

// uncomment cuts a comment off and counts parentheses, which join lines; both mean nothing
// between quotes.
func (z *zone) uncomment(text []byte) []byte {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ';':
			return text[:i]
		case c == '(':
			z.depth++
		case c == ')':
			z.depth = max(0, z.depth-1)
		}
	}
	return text
}

// rpzAddr reads "24.0.2.0.192" as 192.0.2.0/24 and "128.1.zz.2001" as 2001::1/128: prefix
// length, then the address's parts from the last one on, zz for "::".
func rpzAddr(s []byte) (netip.Prefix, bool) {
	parts := bytes.Split(s, []byte("."))
	bits, err := strconv.Atoi(string(parts[0]))
	if err != nil || len(parts) > 10 {
		return netip.Prefix{}, false
	}
	sep, v6 := byte('.'), len(parts) != 5
	for _, p := range parts[1:] {
		v6 = v6 || is(p, "zz")
	}
	if v6 {
		sep = ':'
	}
	var text []byte
	for i := len(parts) - 1; i > 0; i-- {
		if p := parts[i]; is(p, "zz") {
			text = append(text, "::"...)
			continue
		}
		text = append(text, parts[i]...)
		if i > 1 && !is(parts[i-1], "zz") {
			text = append(text, sep)
		}
	}
	a, err := netip.ParseAddr(string(text))
	if err != nil {
		return netip.Prefix{}, false
	}
	p, err := a.Prefix(bits)
	return p, err == nil && p.Addr() == a // no bits behind the prefix
}

func is(b []byte, word string) bool { return ascii.EqualFold(b, word) }
