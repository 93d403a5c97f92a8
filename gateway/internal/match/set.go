package match

import (
	"cmp"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"

	"otasuke/gateway/internal/match/gate"
	"otasuke/gateway/internal/match/hosts"
	"otasuke/gateway/internal/match/index"
	"otasuke/gateway/internal/match/literal"
	"otasuke/gateway/internal/match/order"
	"otasuke/gateway/internal/match/place"
	"otasuke/gateway/internal/match/transform"
	"otasuke/rule"
)

// epochs numbers the sets of a process, so that states left by another set are
// recognised.
var epochs atomic.Uint64

// Set is a compiled rule set.
type Set struct {
	epoch    uint64
	rules    []compiled // in the order in which they are tried
	gates    gate.Table // of them
	variants []variant
	byBuffer [rule.NumBuffers][]uint16    // variants with patterns, by buffer
	bare     [2][rule.NumBuffers][]uint32 // rules without a pattern, by direction and a buffer of theirs
	absent   [2][]uint32                  // rules that a missing buffer can fulfil, by direction
	packets  index.Packets                // rules that look at packets without a pattern
	ips      index.Addresses              // rules that look at addresses alone
	bits     int                          // number of flow bits
	bitNames []string                     // flow bits
	intNames []string                     // flow counters
	dbs      []*literal.DB
	files    [2]*group // that of files by direction, nil for none
	streams  [2]*group // of the stream in the same database
	cached   int       // databases that were kept from an earlier start
	used     rule.BufferSet
	places   place.Known
}

// Used are the buffers that rules look at; the engine need not make others.
func (s *Set) Used() *rule.BufferSet { return &s.used }

// variant is a buffer as it looks after transforms; each has its own patterns.
type variant struct {
	buf        rule.Buffer
	transforms transform.List
	groups     [2]*group // by direction
}

// Two variants that always exist.
const (
	packetVariant = 0 // payload of a packet that is no TCP segment
	streamVariant = 1 // window of the stream, or payload of a segment
)

func direction(toServer bool) int {
	if toServer {
		return 1
	}
	return 0
}

// Options change how rules are compiled.
type Options struct {
	// Places tells about addresses, for iprep and geoip.
	Places place.Known
	// Order are the actions in the order in which rules are tried; those that are not
	// named come last. Nil for the usual one.
	Order []rule.Action
	// Cache is the folder in which compiled patterns are kept for the next start; "" for
	// none. Trouble hears why they are not; the set is compiled all the same.
	Cache   string
	Trouble func(error)
	// Processors build databases; 0 for all. A set that is built beside traffic leaves the
	// others to that.
	Processors int
}

// Compile builds a set. Rules whose expressions do not compile are refused one
// by one; an error means that nothing could be built.
func Compile(rules []*rule.Rule, opt Options) (*Set, []rule.Refusal, error) {
	s := &Set{epoch: epochs.Add(1), places: opt.Places}
	s.variants = []variant{{buf: rule.BufPayload}, {buf: rule.BufStream}}
	c := &compiler{set: s, variants: map[string]uint16{}, bits: map[string]uint32{}, ints: map[string]uint32{}, datasets: map[string]*hosts.List{}}
	var refused []rule.Refusal
	s.rules = make([]compiled, 0, len(rules))
	for _, r := range order.Rules(rules, opt.Order) {
		k, err := c.rule(r)
		if err != nil {
			refused = append(refused, rule.Refusal{File: r.File, Line: r.Line, SID: r.SID, Keyword: "pcre", Reason: err.Error()})
			continue
		}
		f := fastPattern(&k)
		k.searched = f != nil
		s.rules, c.fast = append(s.rules, k), append(c.fast, f)
		s.gates.Add(r)
	}
	s.bits, s.bitNames, s.intNames = len(c.bits), byNumber(c.bits), byNumber(c.ints)
	c.index()
	c.cache.Dir, c.processors = opt.Cache, cmp.Or(opt.Processors, runtime.GOMAXPROCS(0))
	err := c.databases()
	literal.Trim()
	found, trouble := c.cache.Close()
	if s.cached = found; trouble != nil && opt.Trouble != nil {
		opt.Trouble(trouble)
	}
	if err != nil {
		s.Close()
		return nil, refused, err
	}
	return s, refused, nil
}

// byNumber lists names that were interned.
func byNumber(m map[string]uint32) []string {
	names := make([]string, len(m))
	for name, n := range m {
		names[n] = name
	}
	return names
}

// Len is the number of rules.
func (s *Set) Len() int { return len(s.rules) }

// Close frees the databases; no Inspect may run or follow.
func (s *Set) Close() {
	for _, db := range s.dbs {
		db.Close()
	}
	s.dbs = nil
}

// Stats describes a set for reports.
type Stats struct {
	Engine    string // which literal search is built in
	Rules     int
	Patterns  int // distinct patterns over all databases
	Databases int
	Cached    int // databases that were kept from an earlier start
	Bytes     int // memory of the databases
	Bare      int // rules tried without a pattern
	IPOnly    int // rules on addresses alone
}

// Stats counts.
func (s *Set) Stats() Stats {
	st := Stats{Engine: literal.Engine, Rules: len(s.rules), Databases: len(s.dbs), Cached: s.cached, IPOnly: s.ips.Len(), Bare: s.packets.Len()}
	for _, db := range s.dbs {
		st.Bytes += db.Size()
	}
	for _, v := range s.variants {
		for _, g := range v.groups {
			if g != nil {
				st.Patterns += len(g.From) - 1
			}
		}
	}
	for _, dir := range s.bare {
		for _, list := range dir {
			st.Bare += len(list)
		}
	}
	return st
}

// variantKey names a variant.
func variantKey(buf rule.Buffer, transforms []rule.Transform) string {
	if len(transforms) == 0 {
		return strconv.Itoa(int(buf))
	}
	return fmt.Sprintf("%d%+v", buf, transforms)
}
