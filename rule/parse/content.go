package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strconv"
	"strings"
)

var (
	errBadNumber = errors.New("the number is not readable")
	errNoContent = errors.New("no content stands before it; put it behind the content it belongs to")
)

// maxDistance bounds offset, depth, distance and within: no buffer is larger.
const maxDistance = 1 << 20

func setContent(b *builder, v string) error {
	text, negated, err := value.Quoted(v)
	if err != nil {
		return err
	}
	pattern, err := value.Bytes(text)
	if err != nil {
		return err
	}
	if len(pattern) == 0 {
		return errors.New("the content is empty; write at least one byte")
	}
	return b.add(&rule.Content{Pattern: pattern, Negated: negated})
}

func setURIContent(b *builder, v string) error {
	if b.sticky && b.buf != rule.HTTPURI {
		return fmt.Errorf("it contradicts the buffer %s in use; write http.uri and content", b.buf)
	}
	if err := setContent(b, v); err != nil || b.sticky {
		return err
	}
	return b.moveLast(rule.HTTPURI)
}

// valueContent makes a keyword with a value out of a buffer and a content.
func valueContent(buf rule.Buffer, nocase bool) func(*builder, string) error {
	return func(b *builder, v string) error {
		text, negated, err := value.Quoted(v)
		if err != nil {
			text, negated = v, false
		}
		pattern, err := value.Bytes(text)
		if err != nil || len(pattern) == 0 {
			return errors.New("the value is empty or not readable")
		}
		return b.inBuffer(buf, &rule.Content{Pattern: pattern, Negated: negated, Nocase: nocase})
	}
}

// inBuffer adds a match to another buffer than the one in use.
func (b *builder) inBuffer(buf rule.Buffer, ms ...rule.Match) error {
	to := b.findSection(buf, nil, false)
	for _, m := range ms {
		if b.matches++; b.matches > maxMatches {
			return fmt.Errorf("the rule has more than %d matches; split it", maxMatches)
		}
		b.r.Sections[to].Matches = append(b.r.Sections[to].Matches, m)
	}
	return nil
}

// tlsVersions are protocol versions as they stand in a record or hello (RFC 8446 section 4.1.2).
var tlsVersions = map[string]int64{"ssl2": 2, "sslv2": 2, "ssl3": 0x300, "sslv3": 0x300, "1.0": 0x301, "tls1.0": 0x301, "1.1": 0x302, "tls1.1": 0x302,
	"1.2": 0x303, "tls1.2": 0x303, "1.3": 0x304, "tls1.3": 0x304}

func setTLSVersion(b *builder, v string) error {
	v = strings.ToLower(value.Unquote(v))
	bare, negated := strings.CutPrefix(v, "!")
	n, ok := tlsVersions[strings.TrimSpace(bare)]
	if !ok {
		m, err := strconv.ParseUint(bare, 0, 16)
		if err != nil {
			return fmt.Errorf("%q is no version of TLS; use 1.0, 1.1, 1.2 or 1.3", v)
		}
		n = int64(m)
	}
	op := rule.OpEqual
	if negated {
		op = rule.OpNotEqual
	}
	return b.inBuffer(rule.TLSVersion, &rule.Number{Compare: rule.Compare{Op: op, A: n}})
}

func setFileExt(b *builder, v string) error {
	text, negated, err := value.Quoted(v)
	if err != nil || text == "" {
		return errors.New("write the ending in quotation marks, for example \"pdf\"")
	}
	return b.inBuffer(rule.FileName, &rule.Content{Pattern: []byte("." + text), Negated: negated, Nocase: true, EndsWith: true})
}

func setNocase(b *builder, _ string) error {
	if b.last == nil {
		return errNoContent
	}
	b.last.Nocase = true
	return nil
}

// num reads a constant or the name of an extracted value.
func (b *builder) num(v string) (rule.Num, error) {
	v = strings.TrimSpace(v)
	if n, err := strconv.ParseInt(v, 0, 64); err == nil {
		return rule.Num{Value: n}, nil
	}
	// Numbers such as 08 are decimal, not octal.
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return rule.Num{Value: n}, nil
	}
	if i := b.vars[v]; i > 0 {
		return rule.Num{Var: i}, nil
	}
	return rule.Num{}, fmt.Errorf("%q is neither a number nor a value extracted before; correct it or put byte_extract before it", v)
}

// place reads a number for offset, depth, distance or within.
func (b *builder) place(v string, least int64) (rule.Num, error) {
	if b.last == nil {
		return rule.Num{}, errNoContent
	}
	n, err := b.num(v)
	if err == nil && n.Var == 0 && (n.Value < least || n.Value > maxDistance) {
		err = fmt.Errorf("%d is out of range; use %d to %d", n.Value, least, maxDistance)
	}
	return n, err
}

func setDepth(b *builder, v string) (err error) {
	n, err := b.place(v, 0)
	if err != nil {
		return err
	}
	b.last.Depth, b.last.HasDepth = n, true
	return nil
}

func setOffset(b *builder, v string) error {
	n, err := b.place(v, 0)
	if err != nil {
		return err
	}
	b.last.Offset, b.last.HasOffset = n, true
	return nil
}

func setDistance(b *builder, v string) error {
	n, err := b.place(v, -maxDistance)
	if err != nil {
		return err
	}
	b.last.Distance, b.last.HasDistance = n, true
	return nil
}

func setWithin(b *builder, v string) error {
	n, err := b.place(v, 0)
	if err != nil {
		return err
	}
	b.last.Within, b.last.HasWithin = n, true
	return nil
}

func setStartsWith(b *builder, _ string) error {
	if b.last == nil {
		return errNoContent
	}
	b.last.StartsWith = true
	return nil
}

func setEndsWith(b *builder, _ string) error {
	if b.last == nil {
		return errNoContent
	}
	b.last.EndsWith = true
	return nil
}

func setFastPattern(b *builder, v string) error {
	if b.last == nil {
		return errNoContent
	}
	b.last.FastPattern = true
	if v == "" || v == "only" {
		return nil
	}
	from, length, ok := strings.Cut(v, ",")
	o, err1 := strconv.Atoi(strings.TrimSpace(from))
	n, err2 := strconv.Atoi(strings.TrimSpace(length))
	if !ok || err1 != nil || err2 != nil || o < 0 || n < 1 || o+n > len(b.last.Pattern) {
		return errors.New("write offset,length of a part that lies within the content")
	}
	b.last.FastOffset, b.last.FastLen = o, n
	return nil
}

// checkContents finds contents that can never match or contradict themselves.
func (b *builder) checkContents() (string, error) {
	for _, s := range b.r.Sections {
		for _, m := range s.Matches {
			c, ok := m.(*rule.Content)
			if !ok {
				continue
			}
			if keyword, err := checkContent(c); err != nil {
				return keyword, err
			}
		}
	}
	return "", nil
}

func checkContent(c *rule.Content) (string, error) {
	n := int64(len(c.Pattern))
	switch {
	case c.StartsWith && (c.HasDepth || c.HasOffset || c.Relative()):
		return "startswith", errors.New("it says all about the place; remove offset, depth, distance and within")
	case c.HasDepth && c.Depth.Var == 0 && c.Depth.Value < n:
		return "depth", fmt.Errorf("%d is smaller than the content of %d bytes; enlarge it", c.Depth.Value, n)
	case c.HasWithin && c.Within.Var == 0 && c.Within.Value < n:
		return "within", fmt.Errorf("%d is smaller than the content of %d bytes; enlarge it", c.Within.Value, n)
	case c.Relative() && (c.HasDepth || c.HasOffset):
		return "distance", errors.New("a place relative to the former match excludes offset and depth; keep one kind")
	case c.FastPattern && c.Negated && (c.Relative() || c.HasOffset || c.HasDepth || c.StartsWith):
		return "fast_pattern", errors.New("a negated content with a place cannot be searched first; put it on another content")
	}
	return "", nil
}

func setPCRE(b *builder, v string) error {
	p, err := value.Expression(v)
	if err != nil {
		return err
	}
	if !p.Moves || p.InBuffer == b.buf {
		return b.add(p)
	}
	if b.sticky {
		return fmt.Errorf("its flag names %s, but the buffer in use is %s; keep one of them", p.InBuffer, b.buf)
	}
	b.last = nil
	return b.inBuffer(p.InBuffer, p)
}
