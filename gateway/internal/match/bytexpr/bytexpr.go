package bytexpr

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2"

	"otasuke/rule"
)

// Limits of the backtracking engine, which only expressions with look-around
// or back-references need.
const (
	// backtrackTime ends an expression that explodes; ordinary ones need less
	// than a millisecond.
	backtrackTime = 20 * time.Millisecond
	// maxBacktrack bounds the bytes given to it.
	maxBacktrack = 64 << 10
	// maxGaveUp expressions of a goroutine may explode in a second of its traffic, a fifth
	// of its time. After that those with look-around or back-references match nothing
	// until the second is over: else whoever sends what they explode on costs all other
	// traffic its inspection.
	maxGaveUp = 10
	second    = 1_000_000 // microseconds
)

// checks of the clock in backtrackTime: regexp2 looks only ten times a second by itself, so
// that an explosion would cost five times as much.
const checks = 4

func init() { regexp2.SetTimeoutCheckPeriod(backtrackTime / checks) }

// Expr is an expression that was checked. It may be shared. What it is searched with is made when
// it is needed first: most rules never come so far, and all of them would be a fifth of the memory of
// public rules.
type Expr struct {
	text     string                        // for linear time
	linear   atomic.Pointer[regexp.Regexp] // made of it when it is needed first
	back     *regexp2.Regexp               // backtracking, nil where linear time will do
	Negated  bool
	FromLast bool // the subject begins where the former match ended
	Anchored bool // can match at the subject's start only
	captures []rule.Capture
	// LooksAhead tells that whether it matches may change with what comes behind the
	// match: at an end that is none yet it must wait.
	LooksAhead bool
}

// Scratch is the working memory of one goroutine; its zero value is ready.
type Scratch struct {
	// Now is the time of the traffic, microseconds.
	Now int64
	// GaveUp counts expressions that used their time up or were not tried for it.
	GaveUp uint64

	text  []byte
	runes []rune
	since int64 // the beginning of the second at hand
	spent int   // how many exploded in it
}

// mayTry tells that there is time for an expression that may explode.
func (sc *Scratch) mayTry() bool {
	if past := sc.Now - sc.since; past < 0 || past >= second {
		sc.since, sc.spent = sc.Now, 0
	}
	return sc.spent < maxGaveUp
}

// Compile makes an expression ready. The error says what to do.
func Compile(m *rule.PCRE) (*Expr, error) {
	e := &Expr{Negated: m.Negated, FromLast: m.FromLast, captures: m.Captures}
	e.Anchored = m.Anchored || strings.HasPrefix(m.Pattern, "^") && !m.Multiline && !strings.Contains(m.Pattern, "|")
	e.LooksAhead = looksAhead(m.Pattern)
	text := translate(m)
	flags := ""
	for _, f := range []struct {
		on   bool
		flag string
	}{{m.Nocase, "i"}, {m.DotAll, "s"}, {m.Multiline, "m"}, {m.Ungreedy, "U"}} {
		if f.on {
			flags += f.flag
		}
	}
	prefix := ""
	if flags != "" {
		prefix = "(?" + flags + ")"
	}
	if m.Anchored {
		text = `\A(?:` + text + ")"
	}
	if !m.Extended {
		if _, err := syntax.Parse(prefix+text, syntax.Perl); err == nil {
			e.text = prefix + text
			return e, nil
		}
	}
	if m.Ungreedy {
		return nil, errors.New("the expression with flag G is not supported; write lazy quantifiers instead")
	}
	return e, e.backtracking(m, text)
}

// re is what searches in linear time. Several goroutines may make it at once; all but one forget theirs.
func (e *Expr) re() *regexp.Regexp {
	if re := e.linear.Load(); re != nil {
		return re
	}
	e.linear.CompareAndSwap(nil, regexp.MustCompile(e.text)) // Compile has parsed it
	return e.linear.Load()
}

// looksAhead finds ends, borders of words and look-ahead.
func looksAhead(pattern string) bool {
	for _, s := range [...]string{"$", `\z`, `\Z`, `\b`, `\B`, "(?=", "(?!"} {
		if strings.Contains(pattern, s) {
			return true
		}
	}
	return false
}

func (e *Expr) backtracking(m *rule.PCRE, text string) (err error) {
	var opt regexp2.RegexOptions = regexp2.RE2
	for _, f := range []struct {
		on  bool
		opt regexp2.RegexOptions
	}{{m.Nocase, regexp2.IgnoreCase}, {m.DotAll, regexp2.Singleline}, {m.Multiline, regexp2.Multiline},
		{m.Extended, regexp2.IgnorePatternWhitespace}} {
		if f.on {
			opt |= f.opt
		}
	}
	if e.back, err = regexp2.Compile(text, opt); err != nil {
		// A possessive quantifier only saves time; without it the same and a few
		// more texts match.
		relaxed := strings.NewReplacer("++", "+", "*+", "*", "?+", "?", "}+", "}").Replace(text)
		if e.back, err = regexp2.Compile(relaxed, opt); err != nil {
			return fmt.Errorf("the expression is not understood (%.200s); simplify it", err.Error())
		}
	}
	e.back.MatchTimeout = backtrackTime
	return nil
}

// knownEscapes are the letters that mean something behind a backslash.
const knownEscapes = "dDwWsSbBAzZnrtfvaxQEHRKGkgpPcoue0123456789"

// translate writes a PCRE pattern in the words that both engines share. A $ in
// front of a last line break takes the break into the match, which only a
// relative keyword behind it could notice.
func translate(m *rule.PCRE) string {
	p := m.Pattern
	var b strings.Builder
	class := false
	for i := 0; i < len(p); i++ {
		c := p[i]
		switch {
		case c == '\\' && i+1 < len(p):
			i++
			i += escape(&b, p[i:], class)
		case c >= 0x80:
			fmt.Fprintf(&b, `\x%02x`, c)
		case !class && strings.HasPrefix(p[i:], "(?P=") && strings.IndexByte(p[i:], ')') > 0:
			end := i + strings.IndexByte(p[i:], ')')
			b.WriteString(`\k<` + p[i+len("(?P="):end] + ">")
			i = end
		case class:
			class = c != ']'
			if c == '[' && (i+1 == len(p) || p[i+1] != ':') {
				b.WriteByte('\\')
			} else if c == '[' { // [:name:] up to its end
				if end := strings.Index(p[i:], ":]"); end > 0 {
					b.WriteString(p[i : i+end+1])
					i += end + 1
					c = ']'
				}
			}
			b.WriteByte(c)
		case c == '[':
			class = true
			b.WriteByte(c)
			if i+1 < len(p) && p[i+1] == '^' {
				i++
				b.WriteByte('^')
			}
			if i+1 < len(p) && p[i+1] == ']' {
				i++
				b.WriteString(`\]`)
			}
		case c == '$' && !m.Multiline:
			if m.DollarEnd {
				b.WriteString(`\z`)
			} else {
				b.WriteString(`(?:\z|\n\z)`)
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escape writes the escape whose letter is p[0] and returns how many further
// bytes it took.
func escape(b *strings.Builder, p string, class bool) int {
	switch c := p[0]; {
	case c == 'x' && (len(p) < 2 || p[1] != '{'):
		n, v := 0, 0
		for n < 2 && n+1 < len(p) {
			d := strings.IndexByte("0123456789abcdefABCDEF", p[n+1])
			if d < 0 {
				break
			}
			if d > 15 {
				d -= 6
			}
			v, n = v<<4|d, n+1
		}
		fmt.Fprintf(b, `\x%02x`, v)
		return n
	case c == 's' && class:
		b.WriteString(`\s\v`)
	case c == 's':
		b.WriteString(`[\s\v]`)
	case c == 'h' && class:
		b.WriteString(`\t\x20\xa0`)
	case c == 'h':
		b.WriteString(`[\t\x20\xa0]`)
	case c == 'Z':
		b.WriteString(`(?:\z|\n\z)`)
	case c >= 0x80:
		fmt.Fprintf(b, `\x%02x`, c)
	case c|0x20 >= 'a' && c|0x20 <= 'z' && strings.IndexByte(knownEscapes, c) < 0:
		b.WriteByte(c) // a letter without a meaning stands for itself
	case c == '_' || c == '<' || c == '>' || c == ' ':
		fmt.Fprintf(b, `\x%02x`, c)
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
	return 0
}

// Find returns the place of the first match in b: b[from:end].
func (e *Expr) Find(sc *Scratch, b []byte) (from, end int, ok bool) {
	if e.back != nil {
		return e.findBack(sc, b)
	}
	text, ascii := sc.latin1(b)
	re := e.re()
	if !re.Match(text) { // allocates nothing, unlike the search for the place
		return 0, 0, false
	}
	at := re.FindIndex(text)
	if ascii {
		return at[0], at[1], true
	}
	return runesIn(text[:at[0]]), runesIn(text[:at[1]]), true
}

// Captures tells whether the expression keeps text.
func (e *Expr) Captures() bool { return len(e.captures) > 0 }

// Keep gives the text of the groups that are kept, for a subject in which the expression
// was found. It allocates.
func (e *Expr) Keep(sc *Scratch, b []byte, keep func(c *rule.Capture, text []byte)) {
	if e.back != nil {
		e.keepBack(sc, b, keep)
		return
	}
	text, ascii := sc.latin1(b)
	re := e.re()
	at := re.FindSubmatchIndex(text)
	for i := range e.captures {
		c := &e.captures[i]
		n := c.Group
		if c.In != "" {
			n = re.SubexpIndex(c.In)
		}
		if n < 0 || 2*n >= len(at) || at[2*n] < 0 {
			continue
		}
		from, end := at[2*n], at[2*n+1]
		if !ascii {
			from, end = runesIn(text[:from]), runesIn(text[:end])
		}
		keep(c, b[from:end])
	}
}

func (e *Expr) keepBack(sc *Scratch, b []byte, keep func(c *rule.Capture, text []byte)) {
	if _, _, ok := e.findBack(sc, b); !ok {
		return
	}
	m, err := e.back.FindRunesMatch(sc.runes)
	if err != nil || m == nil {
		return
	}
	for i := range e.captures {
		c := &e.captures[i]
		g := m.GroupByNumber(c.Group)
		if c.In != "" {
			g = m.GroupByName(c.In)
		}
		if g != nil && len(g.Captures) > 0 {
			keep(c, b[g.Index:g.Index+g.Length])
		}
	}
}

func (e *Expr) findBack(sc *Scratch, b []byte) (from, end int, ok bool) {
	if !sc.mayTry() {
		sc.GaveUp++
		return 0, 0, false
	}
	b = b[:min(len(b), maxBacktrack)]
	sc.runes = sc.runes[:0]
	for _, c := range b {
		sc.runes = append(sc.runes, rune(c))
	}
	m, err := e.back.FindRunesMatch(sc.runes)
	if err != nil { // the time limit
		sc.spent++
		sc.GaveUp++
	}
	if err != nil || m == nil {
		return 0, 0, false
	}
	return m.Index, m.Index + m.Length, true
}

// latin1 returns b as UTF-8 text in which each byte is one rune. ascii says
// that it is b itself.
func (sc *Scratch) latin1(b []byte) (text []byte, ascii bool) {
	i := 0
	for i < len(b) && b[i] < 0x80 {
		i++
	}
	if i == len(b) {
		return b, true
	}
	t := append(sc.text[:0], b[:i]...)
	for _, c := range b[i:] {
		if c < 0x80 {
			t = append(t, c)
		} else {
			t = append(t, 0xc0|c>>6, 0x80|c&0x3f)
		}
	}
	sc.text = t
	return t, false
}

// runesIn counts runes: bytes that do not continue one.
func runesIn(text []byte) int {
	n := 0
	for _, c := range text {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}
