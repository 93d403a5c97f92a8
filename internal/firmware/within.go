package firmware

import (
	"regexp"
	"slices"
	"strings"
)

// maxRange of a range in bytes: makers list at most a dozen versions.
const maxRange = 1000

// Answer says whether a version is in a range.
type Answer uint8

// Answers.
const (
	Unknown Answer = iota // it cannot be told
	Yes
	No
)

// edge of a span: a version, and whether it belongs to it. One that is not known is no bound.
type edge struct {
	v  Version
	in bool
}

// span is the versions from lo to hi.
type span struct{ lo, hi edge }

// Range is a set of versions. The zero value has none in it.
type Range struct {
	spans []span // in their order, none touching the next
	kind  kind   // of the bounds; none where there is no bound
}

var (
	// between words of a list; "/" is not one: dates have it.
	between = regexp.MustCompile(`\s*(?:、|,|;|および|及び|または|又は|もしくは|ならびに|\bor\b(?:\s*$)|\n)\s*`)
	// all of a product.
	all = regexp.MustCompile(`^(?:すべて|全て|全)(?:の)?(?:バージョン|ファームウェア|版)?$|^all(?: versions)?$|^\*$`)
	// to is between the two ends of a span. Full-width tildes have become plain ones.
	to = regexp.MustCompile(`\s*(?:[~〜–—]|\sから\s?|から|\s-\s|\sto\s|\bthrough\b)\s*`)
	// words after a version, the longest first.
	after = []bound{{`より新しい(?:もの)?`, above}, {`を超える(?:もの)?`, above}, {`より後`, above}, {`より前`, below}, {`より古い(?:もの)?`, below}, {`未満`, below},
		{`以前`, upTo}, {`以下`, upTo}, {`まで`, upTo}, {`(?:and|or) (?:earlier|older|below|prior)`, upTo}, {`以降`, from}, {`以後`, from}, {`以上`, from}, {`から`, from}, {`(?:and|or) (?:later|newer|above)`, from}}
	// words before a version.
	ahead = []bound{{`<=|≤|≦`, upTo}, {`>=|≥|≧`, from}, {`<|before|prior to|earlier than|older than`, below}, {`>|after|later than|newer than`, above}, {`=|==`, only}}
)

type side uint8

const (
	only side = iota
	below
	upTo
	from
	above
)

type bound struct {
	word string
	side side
}

// tails and heads are the compiled words.
var tails, heads = compiled(after, `^(.*?)\s*(?:の(?:もの|バージョン))?(?:`, `)(?:\s*の?(?:もの|バージョン|ファームウェア))?$`), compiled(ahead, `^(?:`, `)\s*(.+)$`)

type compiledBound struct {
	re   *regexp.Regexp
	side side
}

func compiled(list []bound, head, tail string) (out []compiledBound) {
	for _, b := range list {
		out = append(out, compiledBound{regexp.MustCompile(head + b.word + tail), b.side})
	}
	return out
}

// ParseRange reads a range as makers write it: one bound ("Ver.2.95以前", "2.95 未満", "1.2 以降", "< 3.1"), two ("1.0～1.4",
// "1.0以上1.4未満"), single versions, a list of these, or all of them ("すべて").
func ParseRange(s string) (Range, error) {
	if len(s) > maxRange {
		return Range{}, ErrRange
	}
	var r Range
	for _, clause := range between.Split(fold(strings.ReplaceAll(s, "\n", "、")), -1) {
		one, err := parseSpan(strings.Trim(clause, " 。."))
		if err != nil {
			return Range{}, err
		}
		for _, e := range []edge{one.lo, one.hi} {
			if !e.v.Known() {
				continue
			}
			if r.kind != none && r.kind != e.v.kind {
				return Range{}, ErrRange // days beside numbers: no one order
			}
			r.kind = e.v.kind
		}
		r.spans = append(r.spans, one)
	}
	return r.tidy(), nil
}

func parseSpan(s string) (span, error) {
	if all.MatchString(s) {
		return span{}, nil
	}
	if one, ok := single(s); ok {
		return one, nil
	}
	if at := to.FindStringIndex(s); at != nil { // "1.0 ~ 1.4", "1.0から1.4まで", "~1.4"
		return ends(s[:at[0]], s[at[1]:])
	}
	// "1.0以上1.4未満": two bounds without anything between.
	for _, word := range []string{"以上", "以降", "より後", ">=", ">"} {
		i := strings.Index(s, word)
		if i < 0 {
			continue
		}
		if i += len(word); strings.HasPrefix(word, ">") {
			i = strings.Index(s, "<")
		}
		if i <= 0 || i >= len(s) {
			continue
		}
		lo, okLo := single(strings.TrimSpace(s[:i]))
		hi, okHi := single(strings.TrimSpace(s[i:]))
		if okLo && okHi && lo.lo.v.Known() && !lo.hi.v.Known() && hi.hi.v.Known() && !hi.lo.v.Known() {
			return sound(span{lo.lo, hi.hi})
		}
	}
	return span{}, ErrRange
}

// ends are the two of a span; the second may say more than a version: "1.0 ~ 1.4 未満".
func ends(a, b string) (s span, err error) {
	if a = strings.TrimSpace(a); a != "" {
		lo, ok := single(a)
		if !ok || !lo.lo.v.Known() || lo.lo.v.open {
			return s, ErrRange
		}
		s.lo = lo.lo
	}
	if b = strings.TrimSpace(b); b != "" {
		hi, ok := single(b)
		if !ok || !hi.hi.v.Known() {
			return s, ErrRange
		}
		s.hi = hi.hi
	}
	if a == "" && b == "" {
		return s, ErrRange
	}
	return sound(s)
}

// sound refuses a span whose ends are of two kinds or the wrong way round.
func sound(s span) (span, error) {
	if s.lo.v.Known() && s.hi.v.Known() && (s.lo.v.kind != s.hi.v.kind || order(s.lo.v, s.hi.v) > 0) {
		return s, ErrRange
	}
	return s, nil
}

// single is a span of one version with or without a word.
func single(s string) (span, bool) {
	side := only
	for _, b := range heads {
		if m := b.re.FindStringSubmatch(s); m != nil {
			s, side = m[1], b.side
			break
		}
	}
	if side == only {
		for _, b := range tails {
			if m := b.re.FindStringSubmatch(s); m != nil {
				s, side = m[1], b.side
				break
			}
		}
	}
	v, err := parse(strings.TrimSpace(s))
	if err != nil || v.open && side != only {
		return span{}, false
	}
	switch {
	case v.open:
		return span{edge{Version{kind: v.kind, parts: v.parts}, true}, edge{v.end(), false}}, true
	case side == below:
		return span{hi: edge{v, false}}, true
	case side == upTo:
		return span{hi: edge{v, true}}, true
	case side == from:
		return span{lo: edge{v, true}}, true
	case side == above:
		return span{lo: edge{v, false}}, true
	}
	return span{edge{v, true}, edge{v, true}}, true
}

// reach compares lower edges.
func reach(a, b edge) int {
	switch ka, kb := a.v.Known(), b.v.Known(); {
	case !ka || !kb:
		return map[[2]bool]int{{false, false}: 0, {false, true}: -1, {true, false}: 1}[[2]bool{ka, kb}]
	}
	if c := order(a.v, b.v); c != 0 {
		return c
	}
	return map[[2]bool]int{{true, false}: -1, {false, true}: 1}[[2]bool{a.in, b.in}]
}

// gap says whether there is room between an upper edge and the lower one of a later span.
func gap(hi, lo edge) bool {
	if !hi.v.Known() || !lo.v.Known() {
		return false
	}
	c := order(hi.v, lo.v)
	return c < 0 || c == 0 && !hi.in && !lo.in
}

// further is the upper edge that lies further.
func further(a, b edge) edge {
	if !a.v.Known() || !b.v.Known() {
		return edge{}
	}
	if c := order(a.v, b.v); c > 0 || c == 0 && a.in {
		return a
	}
	return b
}

// tidy puts spans into their order and joins those that touch.
func (r Range) tidy() Range {
	spans := slices.DeleteFunc(slices.Clone(r.spans), func(s span) bool { // nothing in it
		return s.lo.v.Known() && s.hi.v.Known() && (order(s.lo.v, s.hi.v) > 0 || order(s.lo.v, s.hi.v) == 0 && (!s.lo.in || !s.hi.in))
	})
	slices.SortStableFunc(spans, func(a, b span) int { return reach(a.lo, b.lo) })
	r.spans = nil
	for _, s := range spans {
		if n := len(r.spans); n > 0 && !gap(r.spans[n-1].hi, s.lo) {
			r.spans[n-1].hi = further(r.spans[n-1].hi, s.hi)
			continue
		}
		r.spans = append(r.spans, s)
	}
	return r
}

// Complement is all versions that are not in the range.
func (r Range) Complement() Range {
	out := Range{kind: r.kind}
	lo, done := edge{}, false
	for _, s := range r.spans {
		if s.lo.v.Known() {
			out.spans = append(out.spans, span{lo, edge{s.lo.v, !s.lo.in}})
		}
		if lo, done = (edge{s.hi.v, !s.hi.in}), !s.hi.v.Known(); done {
			break
		}
	}
	if !done {
		out.spans = append(out.spans, span{lo: lo})
	}
	return out.tidy()
}

// Has says whether a version is in the range. Of a version of which only the beginning is known it says so when the rest
// does not matter.
func (r Range) Has(v Version) Answer {
	switch {
	case len(r.spans) == 0:
		return No
	case len(r.spans) == 1 && !r.spans[0].lo.v.Known() && !r.spans[0].hi.v.Known():
		return Yes // all of them, whatever they are called
	case !v.Known() || v.kind != r.kind:
		return Unknown
	}
	x := span{edge{v, true}, edge{v, true}}
	if v.open {
		x = span{edge{Version{kind: v.kind, parts: v.parts}, true}, edge{v.end(), false}}
	}
	for _, s := range r.spans {
		if reach(s.lo, x.lo) <= 0 && covers(s.hi, x.hi) {
			return Yes
		}
		if !gap(s.hi, x.lo) && !apart(x.hi, s.lo) && !apart(s.hi, x.lo) {
			return Unknown
		}
	}
	return No
}

// covers says that an upper edge lies at least as far as another.
func covers(a, b edge) bool {
	if !a.v.Known() {
		return true
	}
	c := order(a.v, b.v)
	return c > 0 || c == 0 && (a.in || !b.in)
}

// apart says that nothing lies both up to hi and from lo on.
func apart(hi, lo edge) bool {
	if !hi.v.Known() || !lo.v.Known() {
		return false
	}
	c := order(hi.v, lo.v)
	return c < 0 || c == 0 && (!hi.in || !lo.in)
}
