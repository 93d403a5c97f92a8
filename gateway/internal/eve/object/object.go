// Package object writes JSON objects member by member, without reflection and without
// memory of its own: records are written by the hundred thousand a second.
//
// An object is [Open], members, [Close]. Functions named If leave a member out when its
// value is the zero of its kind. Names are written as they are: they come from the code.
// Only eve and the readers' records call it.
package object

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Open begins an object.
func Open(b []byte) []byte { return append(b, '{') }

// Close ends an object.
func Close(b []byte) []byte { return end(b, '}') }

// OpenList begins a list.
func OpenList(b []byte) []byte { return append(b, '[') }

// CloseList ends a list.
func CloseList(b []byte) []byte { return end(b, ']') }

// end puts c in the place of a comma.
func end(b []byte, c byte) []byte {
	if n := len(b) - 1; n >= 0 && b[n] == ',' {
		b[n] = c
		return b
	}
	return append(b, c)
}

// Member begins a member; its value and [Next] follow.
func Member(b []byte, name string) []byte {
	b = append(b, '"')
	b = append(b, name...)
	return append(b, '"', ':')
}

// Next ends a member or an element.
func Next(b []byte) []byte { return append(b, ',') }

// Quote writes a string (RFC 8259 section 7). What is no UTF-8 becomes U+FFFD.
func Quote[T ~string | ~[]byte](b []byte, s T) []byte {
	for i := range len(s) {
		if !plain[s[i]] {
			return quote(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// plain are the bytes that are written as they are: nearly all that records have.
var plain = func() (p [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		p[c] = c != '"' && c != '\\'
	}
	return p
}()

func quote[T ~string | ~[]byte](b []byte, s T) []byte {
	n := len(b)
	q, err := jsontext.AppendQuote(b, s)
	if err != nil {
		q, _ = jsontext.AppendQuote(b[:n], strings.ToValidUTF8(string(s), "\ufffd"))
	}
	return q
}

// Addr writes an address; IPv6 in full.
func Addr(b []byte, a netip.Addr) []byte {
	switch {
	case a.Is4():
		return append(a.AppendTo(append(b, '"')), '"')
	case !a.Is6() || a.Zone() != "":
		return Quote(b, a.StringExpanded())
	}
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i, c := range a.As16() {
		if i > 0 && i%2 == 0 {
			b = append(b, ':')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return append(b, '"')
}

// Element writes a number of a list.
func Element[T ~uint8 | ~uint16 | ~uint32 | ~uint64](b []byte, v T) []byte {
	return Next(strconv.AppendUint(b, uint64(v), 10))
}

// Escape writes a string as encoding/json does, which escapes what is special in HTML too.
func Escape(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; !plain[c] || c == '<' || c == '>' || c == '&' {
			return AppendValue(b, s)
		}
	}
	return Quote(b, s)
}

// Escaped writes a member as encoding/json does.
func Escaped(b []byte, name, v string) []byte { return Next(Escape(Member(b, name), v)) }

// String writes a member.
func String[T ~string | ~[]byte](b []byte, name string, v T) []byte {
	return Next(Quote(Member(b, name), v))
}

// StringIf writes a member unless it is empty.
func StringIf[T ~string | ~[]byte](b []byte, name string, v T) []byte {
	if len(v) == 0 {
		return b
	}
	return String(b, name, v)
}

// StringsIf writes a list unless it is empty.
func StringsIf(b []byte, name string, list []string) []byte {
	if len(list) == 0 {
		return b
	}
	b = OpenList(Member(b, name))
	for _, s := range list {
		b = Next(Quote(b, s))
	}
	return Next(CloseList(b))
}

// Uint writes a member.
func Uint[T ~uint8 | ~uint16 | ~uint32 | ~uint64](b []byte, name string, v T) []byte {
	return Next(strconv.AppendUint(Member(b, name), uint64(v), 10))
}

// UintIf writes a member unless it is 0.
func UintIf[T ~uint8 | ~uint16 | ~uint32 | ~uint64](b []byte, name string, v T) []byte {
	if v == 0 {
		return b
	}
	return Uint(b, name, v)
}

// UintOf writes a member unless v is nil.
func UintOf[T ~uint8 | ~uint16 | ~uint32 | ~uint64](b []byte, name string, v *T) []byte {
	if v == nil {
		return b
	}
	return Uint(b, name, *v)
}

// Int writes a member.
func Int[T ~int | ~int64](b []byte, name string, v T) []byte {
	return Next(strconv.AppendInt(Member(b, name), int64(v), 10))
}

// IntIf writes a member unless it is 0.
func IntIf[T ~int | ~int64](b []byte, name string, v T) []byte {
	if v == 0 {
		return b
	}
	return Int(b, name, v)
}

// IntOf writes a member unless v is nil.
func IntOf[T ~int | ~int64](b []byte, name string, v *T) []byte {
	if v == nil {
		return b
	}
	return Int(b, name, *v)
}

// Bool writes a member.
func Bool(b []byte, name string, v bool) []byte {
	return Next(strconv.AppendBool(Member(b, name), v))
}

// BoolIf writes a member if it is true.
func BoolIf(b []byte, name string, v bool) []byte {
	if !v {
		return b
	}
	return Bool(b, name, v)
}

// Raw is a value that is written already.
type Raw []byte

// AppendJSON writes it.
func (r Raw) AppendJSON(b []byte) []byte { return append(b, r...) }

// MarshalJSON gives it to encoding/json.
func (r Raw) MarshalJSON() ([]byte, error) { return r, nil }

// Value writes a member by encoding/json: for what is seldom there and can always be
// written.
func Value(b []byte, name string, v any) []byte { return Next(AppendValue(Member(b, name), v)) }

// AppendValue writes a value by encoding/json.
func AppendValue(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte("null")
	}
	return append(b, text...)
}

// Time writes a member: microseconds since 1970 in EVE's form, ISO 8601 in UTC with
// microseconds and a zone without colon.
func Time(b []byte, name string, micro int64) []byte {
	b = append(Member(b, name), '"')
	return append(AppendTime(b, micro), '"', ',')
}

// AppendTime writes microseconds since 1970 in EVE's form.
func AppendTime(b []byte, micro int64) []byte {
	t := time.UnixMicro(micro).UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(b, "2006-01-02T15:04:05.000000-0700")
	}
	hour, minute, second := t.Clock()
	part := t.Nanosecond() / 1000
	text := [...]byte{ // in one piece, as every record has one or more of them
		digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), '-', digit(int(month) / 10), digit(int(month)), '-', digit(day / 10), digit(day),
		'T', digit(hour / 10), digit(hour), ':', digit(minute / 10), digit(minute), ':', digit(second / 10), digit(second),
		'.', digit(part / 100_000), digit(part / 10_000), digit(part / 1000), digit(part / 100), digit(part / 10), digit(part), '+', '0', '0', '0', '0',
	}
	return append(b, text[:]...)
}

// digit is the last of n.
func digit(n int) byte { return '0' + byte(uint(n)%10) }
