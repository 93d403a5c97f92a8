package firmware

import (
	"cmp"
	"errors"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Limits.
const (
	// maxText of a version in bytes: the longest that makers write ("V7.1.45 Release 1234P05") has under 40.
	maxText = 96
	// maxParts of a version: browsers have four, the longest firmware seven.
	maxParts = 12
	// maxDigits of one part: a date with a time of day has 14.
	maxDigits = 18
)

// Errors.
var (
	// ErrVersion: no version.
	ErrVersion = errors.New("firmware: not a version")
	// ErrRange: no range of versions.
	ErrRange = errors.New("firmware: not a range of versions")
)

// kind of a version: those of two kinds have no order.
type kind uint8

const (
	none  kind = iota
	count      // numbers and letters
	date       // a day
)

// part of a version: a number, or letters.
type part struct {
	n    uint64
	word string
}

// Version is one version. The zero value is one that nobody knows. Compare with [Compare], not with ==.
type Version struct {
	kind  kind
	parts []part
	// open: only the beginning is known, as of browsers that tell no more ("128.x").
	open bool
}

// Known tells that it is a version.
func (v Version) Known() bool { return v.kind != none }

// Partial tells that only the beginning of it is known.
func (v Version) Partial() bool { return v.open }

// before are words that stand before a version.
var before = regexp.MustCompile(`^(?:ファームウェア|ファームウエア|ファーム|バージョン|firmware|version|ver|rev|release|fw|f/w|v|r)[\s.:_-]*`)

// aside is what stands in brackets after a version, as browsers show it: "(Official Build) (64 ビット)".
var aside = regexp.MustCompile(`\s*\([^()]*\)\s*$`)

var day = regexp.MustCompile(`^((?:19|20)\d\d)(?:([./-])(\d\d?)([./-])(\d\d?)|(\d\d)(\d\d)|年(\d\d?)月(\d\d?)日)$`)

// fold brings what was typed into one form: full-width forms into plain ones, small letters, one kind of space.
func fold(s string) string {
	return strings.TrimSpace(strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " "))
}

// Parse reads one version.
func Parse(s string) (Version, error) {
	if len(s) > maxText {
		return Version{}, ErrVersion
	}
	return parse(fold(s))
}

// Plain is a version as people write it, without the words around it and in plain letters: "Ｖｅｒ．１．０２" is "1.02".
func Plain(s string) string {
	if len(s) > maxText {
		return s
	}
	return bare(fold(s))
}

// bare takes the words before and the brackets behind a version off.
func bare(s string) string {
	for aside.MatchString(s) {
		s = aside.ReplaceAllString(s, "")
	}
	for {
		cut := before.FindString(s)
		if cut == "" {
			return s
		}
		s = s[len(cut):]
	}
}

func parse(s string) (Version, error) {
	s = bare(s)
	if m := day.FindStringSubmatch(s); m != nil && m[2] == m[4] {
		return onDay(m)
	}
	v := Version{kind: count}
	if t, ok := strings.CutSuffix(s, ".x"); ok {
		s, v.open = t, true
	} else if t, ok := strings.CutSuffix(s, ".*"); ok {
		s, v.open = t, true
	}
	if s == "" || !digit(s[0]) {
		return Version{}, ErrVersion
	}
	for s != "" {
		p, rest, err := next(s)
		if err != nil || len(v.parts) == maxParts {
			return Version{}, ErrVersion
		}
		v.parts, s = append(v.parts, p), rest
		if s != "" && strings.IndexByte(".-_ +", s[0]) >= 0 {
			if s = s[1:]; s == "" || !digit(s[0]) && !letter(s[0]) {
				return Version{}, ErrVersion
			}
		}
	}
	return v, nil
}

func onDay(m []string) (Version, error) {
	v := Version{kind: date}
	for _, s := range []string{m[1], m[3] + m[6] + m[8], m[5] + m[7] + m[9]} {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return Version{}, ErrVersion
		}
		v.parts = append(v.parts, part{n: n})
	}
	if m, d := v.parts[1].n, v.parts[2].n; m < 1 || m > 12 || d < 1 || d > 31 {
		return Version{}, ErrVersion
	}
	return v, nil
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'a' && c <= 'z' }

// next takes one part off.
func next(s string) (p part, rest string, err error) {
	is := digit
	if letter(s[0]) {
		is = letter
	}
	i := 0
	for i < len(s) && is(s[i]) {
		i++
	}
	switch {
	case i == 0:
		return p, "", ErrVersion
	case letter(s[0]):
		return part{word: s[:i]}, s[i:], nil
	case i > maxDigits:
		return p, "", ErrVersion
	}
	p.n, err = strconv.ParseUint(s[:i], 10, 64)
	return p, s[i:], err
}

// early are words of versions before the one whose number they carry.
var early = map[string]bool{"alpha": true, "beta": true, "rc": true, "pre": true, "dev": true, "preview": true}

// rank is where a part stands: what comes before a release, the release itself (which may be written with a zero more),
// letters of a build, numbers.
func (p part) rank() int {
	switch {
	case early[p.word]:
		return 0
	case p.word != "":
		return 2
	case p.n > 0:
		return 3
	}
	return 1
}

func (p part) compare(q part) int {
	return cmp.Or(cmp.Compare(p.rank(), q.rank()), cmp.Compare(p.n, q.n), strings.Compare(p.word, q.word))
}

// at is the i-th part; behind the last all are zero.
func (v Version) at(i int) part {
	if i < len(v.parts) {
		return v.parts[i]
	}
	return part{}
}

// order compares versions of one kind, of partial ones the smallest that they may be.
func order(a, b Version) int {
	for i := range max(len(a.parts), len(b.parts)) {
		if c := a.at(i).compare(b.at(i)); c != 0 {
			return c
		}
	}
	return 0
}

// Compare gives the order of two versions as cmp.Compare does; ok is false where there is none: one of them is not known or
// only in part, or one is a day and the other a number.
func Compare(a, b Version) (c int, ok bool) {
	if a.kind != b.kind || a.kind == none || a.open || b.open {
		return 0, false
	}
	return order(a, b), true
}

// String writes a version in its plain form, which [Parse] reads to the same version; "" for one that is not known.
func (v Version) String() string {
	var b strings.Builder
	if v.kind == date {
		for i, p := range v.parts {
			if i > 0 {
				b.WriteByte('-')
			}
			if p.n < 10 {
				b.WriteByte('0')
			}
			b.WriteString(strconv.FormatUint(p.n, 10))
		}
		return b.String()
	}
	for i, p := range v.parts {
		if i > 0 && p.word == "" && v.parts[i-1].word == "" {
			b.WriteByte('.')
		} else if i > 0 && p.word != "" && v.parts[i-1].word != "" {
			b.WriteByte('-')
		}
		if b.WriteString(p.word); p.word == "" {
			b.WriteString(strconv.FormatUint(p.n, 10))
		}
	}
	if v.open {
		b.WriteString(".x")
	}
	return b.String()
}

// end is the first version behind all that a partial one may be.
func (v Version) end() Version {
	parts := append([]part(nil), v.parts...)
	last := &parts[len(parts)-1]
	if last.word != "" {
		last.word += "a"
	} else {
		last.n++
	}
	return Version{kind: v.kind, parts: parts}
}
