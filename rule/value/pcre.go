package value

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"otasuke/rule"
)

// pcreBuffers finds the buffer for the capital letters behind an expression.
var pcreBuffers = map[byte]rule.Buffer{
	'U': rule.HTTPURI, 'I': rule.HTTPURIRaw, 'P': rule.HTTPRequestBody, 'Q': rule.HTTPResponseBody, 'H': rule.HTTPHeader,
	'D': rule.HTTPHeaderRaw, 'M': rule.HTTPMethod, 'C': rule.HTTPCookie, 'V': rule.HTTPUserAgent, 'W': rule.HTTPHost,
	'Z': rule.HTTPHostRaw, 'S': rule.HTTPStatCode, 'Y': rule.HTTPStatMsg,
}

// scopes of kept text by the words of the language.
var scopes = map[string]rule.VarScope{"flow": rule.VarFlow, "pkt": rule.VarPacket, "alert": rule.VarAlert}

// maxCaptures bounds the groups that one expression keeps.
const maxCaptures = 8

// named finds groups whose name says that their text is kept.
var named = regexp.MustCompile(`\(\?P?<((flow|pkt|alert)_([A-Za-z0-9_]+))>`)

// Expression reads "/a(b+)/i, flow:name".
func Expression(v string) (*rule.PCRE, error) {
	if v[0] == '/' {
		v = `"` + v + `"` // the older form
	}
	text, negated, err := Quoted(v)
	if err != nil {
		return nil, err
	}
	end := strings.LastIndexByte(text, '/')
	if len(text) < 2 || text[0] != '/' || end == 0 {
		return nil, errors.New("write the expression between two slashes, for example \"/a+b/i\"")
	}
	p := &rule.PCRE{Pattern: text[1:end], Negated: negated}
	flags, names, _ := strings.Cut(text[end+1:], ",")
	for _, c := range []byte(strings.TrimSpace(flags)) {
		if err := pcreFlag(p, c); err != nil {
			return nil, err
		}
	}
	for _, m := range named.FindAllStringSubmatch(p.Pattern, -1) {
		p.Captures = append(p.Captures, rule.Capture{Scope: scopes[m[2]], Name: m[3], In: m[1]})
	}
	for i, name := range strings.FieldsFunc(names, func(r rune) bool { return r == ',' }) {
		kind, name, ok := strings.Cut(strings.TrimSpace(name), ":")
		scope, known := scopes[kind]
		if !ok || !known || name == "" {
			return nil, fmt.Errorf("%q names no variable; write for example flow:name", kind)
		}
		p.Captures = append(p.Captures, rule.Capture{Scope: scope, Name: name, Group: i + 1})
	}
	if len(p.Captures) > maxCaptures {
		return nil, fmt.Errorf("the expression keeps more than %d groups", maxCaptures)
	}
	return p, nil
}

func pcreFlag(p *rule.PCRE, c byte) error {
	switch c {
	case 'i':
		p.Nocase = true
	case 's':
		p.DotAll = true
	case 'm':
		p.Multiline = true
	case 'x':
		p.Extended = true
	case 'A':
		p.Anchored = true
	case 'E':
		p.DollarEnd = true
	case 'G':
		p.Ungreedy = true
	case 'R':
		p.FromLast = true
	case 'O', 'B': // match limit and raw bytes: nothing to do here
	default:
		buf, ok := pcreBuffers[c]
		if !ok {
			return fmt.Errorf("flag %q is not known; use i, s, m, x, A, E, G, R or a buffer letter", c)
		}
		if p.Moves && p.InBuffer != buf {
			return fmt.Errorf("flag %q names a second buffer; keep one", c)
		}
		p.InBuffer, p.Moves = buf, true
	}
	return nil
}
