package value

import (
	"fmt"
	"math"
	"otasuke/rule"
	"strconv"
	"strings"
	"time"
)

var Ops = map[string]rule.Op{
	"=": rule.OpEqual, "==": rule.OpEqual, "!": rule.OpNotEqual, "!=": rule.OpNotEqual, "<": rule.OpLess, "<=": rule.OpLessEqual,
	">": rule.OpGreater, ">=": rule.OpGreaterEqual, "&": rule.OpAnd, "^": rule.OpOr,
}

// Compare reads "5", "!5", "<5", ">=5" or "3<>9" (both ends excluded).
func Compare(v string) (rule.Compare, error) {
	v = strings.TrimSpace(v)
	bad := fmt.Errorf("%q is not a comparison; write for example 5, <5, >5 or 3<>9", v)
	not := false
	if rest, ok := strings.CutPrefix(v, "!"); ok && !strings.HasPrefix(rest, "=") {
		v, not = rest, true
	}
	sep := "<>"
	if !strings.Contains(v, sep) {
		sep = "-"
	}
	if lo, hi, ok := strings.Cut(v, sep); ok && (sep == "<>" || strings.IndexAny(lo, "<>=!") < 0 && lo != "") { // not the sign of a number
		a, err1 := strconv.ParseInt(strings.TrimSpace(lo), 0, 64)
		z, err2 := strconv.ParseInt(strings.TrimSpace(hi), 0, 64)
		if err1 != nil || err2 != nil || a >= z {
			return rule.Compare{}, bad
		}
		if not {
			return rule.Compare{Op: rule.OpNotBetween, A: a, B: z}, nil
		}
		return rule.Compare{Op: rule.OpBetween, A: a, B: z}, nil
	}
	op := rule.OpEqual
	for _, sign := range []string{"<=", ">=", "!=", "=", "<", ">"} {
		if rest, ok := strings.CutPrefix(v, sign); ok {
			op, v = Ops[sign], rest
			break
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v), 0, 64)
	if err != nil {
		return rule.Compare{}, bad
	}
	if not {
		negations := map[rule.Op]rule.Op{rule.OpEqual: rule.OpNotEqual, rule.OpNotEqual: rule.OpEqual, rule.OpLess: rule.OpGreaterEqual, rule.OpLessEqual: rule.OpGreater,
			rule.OpGreater: rule.OpLessEqual, rule.OpGreaterEqual: rule.OpLess}
		op = negations[op]
	}
	return rule.Compare{Op: op, A: n}, nil
}

// Mask also reads "&0x40" (a bit of these) and "&0x41=0x40".
func Mask(v string) (rule.Compare, error) {
	not := false
	mask, ok := strings.CutPrefix(v, "&")
	if !ok {
		if mask, not = strings.CutPrefix(v, "!&"); !not {
			return Compare(v)
		}
	}
	bits, want, exact := strings.Cut(mask, "=")
	bits, negated := strings.CutSuffix(bits, "!")
	m, err := strconv.ParseInt(strings.TrimSpace(bits), 0, 64)
	if err != nil || negated && !exact || not && exact {
		return rule.Compare{}, fmt.Errorf("%q is not a bit mask; write for example &0x40 or &0x41!=0x40", v)
	}
	op, n := rule.OpMaskNotEqual, int64(0)
	if exact {
		if n, err = strconv.ParseInt(strings.TrimSpace(want), 0, 64); err != nil {
			return rule.Compare{}, fmt.Errorf("%q is not a bit mask; write for example &0x41=0x40", v)
		}
		if !negated {
			op = rule.OpMaskEqual
		}
	} else if not {
		op = rule.OpMaskEqual
	}
	return rule.Compare{Op: op, A: m, B: n}, nil
}

// Which reads which of several values is meant.
func Which(v string) (rule.Which, error) {
	switch v {
	case "any":
		return rule.Which{}, nil
	case "all":
		return rule.Which{Kind: rule.WhichAllOrNone}, nil
	case "all1":
		return rule.Which{Kind: rule.WhichAll}, nil
	}
	if count, ok := strings.CutPrefix(v, "nb"); ok {
		c, err := Compare(strings.TrimSpace(count))
		return rule.Which{Kind: rule.WhichCount, Count: c}, err
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return rule.Which{}, fmt.Errorf("%q names no value; use any, all, all1, nb>2 or a place such as 0 or -1", v)
	}
	return rule.Which{Kind: rule.WhichIndex, Index: n}, nil
}

// dateForms are how dates of certificates are written in rules.
var dateForms = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15", "2006-01-02 15", "2006-01-02", "2006-01", "2006"}

func Date(v string) (int64, error) {
	v = strings.TrimSpace(v)
	for _, form := range dateForms {
		if t, err := time.Parse(form, v); err == nil {
			return t.Unix(), nil
		}
	}
	return 0, fmt.Errorf("%q is not a date; write for example 2026-11-22", v)
}

// fileSizes are the units of filesize.
var fileSizes = map[string]int64{"kb": 1 << 10, "kib": 1 << 10, "mb": 1 << 20, "mib": 1 << 20, "gb": 1 << 30, "gib": 1 << 30}

// Size reads a number of bytes with or without a unit.
func Size(v string) (int64, error) {
	v = strings.ToLower(strings.TrimSpace(v))
	unit := int64(1)
	for name, n := range fileSizes {
		if rest, ok := strings.CutSuffix(v, name); ok {
			v, unit = strings.TrimSpace(rest), n
			break
		}
	}
	n, err := strconv.ParseInt(v, 0, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is not a number of bytes", v)
	}
	return n * unit, nil
}

// Fields splits a value at commas and trims the parts.
func Fields(v string) []string {
	f := strings.Split(v, ",")
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	return f
}

// Unknown is the error for an option that a keyword does not have.
func Unknown(word string) error {
	return fmt.Errorf("option %q is not known here; remove or correct it", word)
}
