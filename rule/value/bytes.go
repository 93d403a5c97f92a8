package value

import (
	"errors"
	"fmt"
	"strings"
)

// Bytes reads the text of a content: |..| is hexadecimal, a backslash
// escapes ; " \ and :.
func Bytes(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '|':
			end := strings.IndexByte(s[i+1:], '|')
			if end < 0 {
				return nil, errors.New("a | has no partner; write bytes as |0d 0a| and the sign itself as |7c|")
			}
			hex, err := Hex(s[i+1 : i+1+end])
			if err != nil {
				return nil, err
			}
			out = append(out, hex...)
			i += end + 1
		case '\\':
			if i++; i == len(s) {
				return nil, errors.New(`the content ends with a single \; write |5c|`)
			}
			if strings.IndexByte(`;"\:`, s[i]) < 0 {
				return nil, fmt.Errorf(`\%c is not an escape; only ; " \ and : take a backslash`, s[i])
			}
			out = append(out, s[i])
		default:
			out = append(out, s[i])
		}
	}
	return out, nil
}

func Hex(s string) ([]byte, error) {
	var out []byte
	high := -1
	for i := 0; i < len(s); i++ {
		c := s[i]
		var v int
		switch {
		case c == ' ':
			continue
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'a' && c <= 'f':
			v = int(c-'a') + 10
		case c >= 'A' && c <= 'F':
			v = int(c-'A') + 10
		default:
			return nil, fmt.Errorf("%q is not a hexadecimal digit; write bytes as |0d 0a|", c)
		}
		if high < 0 {
			high = v
			continue
		}
		out = append(out, byte(high<<4|v))
		high = -1
	}
	if high >= 0 {
		return nil, errors.New("hexadecimal bytes need two digits each")
	}
	return out, nil
}

// Quoted reads !"text" and returns the text without quotation marks.
func Quoted(v string) (text string, negated bool, err error) {
	if v, negated = strings.CutPrefix(v, "!"); negated {
		v = strings.TrimSpace(v)
	}
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return "", false, errors.New("the value must stand in quotation marks")
	}
	return v[1 : len(v)-1], negated, nil
}

// Unquote takes the quotation marks off a value.
func Unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// Unescape takes the backslash off \; \" \\ and \:.
func Unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(`;"\:`, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
