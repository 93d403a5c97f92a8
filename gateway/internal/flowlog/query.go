package flowlog

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"otasuke/gateway/internal/traffic"
)

const second = 1_000_000 // microseconds

// Query says which flows are looked for. What is zero is any.
type Query struct {
	// From and To bound the time in microseconds since 1970: a flow is found when some of it
	// lies at or after From and before To. 0 for no bound.
	From, To int64
	MAC      [6]byte
	Device   netip.Addr
	// Name is a whole one; with a dot before it, the domain and all names below.
	Name                   string
	Peer                   netip.Addr
	PeerPort               uint16
	App, Category, Country string
	Verdict                string // of [traffic.Verdict]
	Why                    string // whole, or up to a ":" at its end
}

// during tells that a flow from start to end is of the time.
func (q *Query) during(start, end int64) bool {
	return end >= q.From && (q.To == 0 || start < q.To)
}

// test is a question of one column of texts.
type test struct {
	column, want string
	exact        bool
	fits         func([]byte) bool
}

// tests are the questions of texts, the rarest answer first.
func (q *Query) tests() (all []test) {
	add := func(column, want string, fits func([]byte) bool) {
		if want == "" {
			return
		}
		t := test{column: column, want: want, exact: fits == nil, fits: fits}
		if fits == nil {
			t.fits = func(s []byte) bool { return string(s) == want }
		}
		all = append(all, t)
	}
	switch name := strings.ToLower(strings.TrimSuffix(q.Name, ".")); {
	case strings.HasPrefix(name, "."):
		add("name", name, func(s []byte) bool {
			return string(s) == name[1:] || len(s) > len(name) && string(s[len(s)-len(name):]) == name
		})
	default:
		add("name", name, nil)
	}
	if q.Peer.IsValid() {
		add("peer", q.Peer.Unmap().String(), nil)
	}
	if q.MAC != [6]byte{} {
		add("mac", net.HardwareAddr(q.MAC[:]).String(), nil)
	}
	if q.Device.IsValid() {
		add("device", q.Device.Unmap().String(), nil)
	}
	if strings.HasSuffix(q.Why, ":") {
		add("why", q.Why, func(s []byte) bool { return strings.HasPrefix(string(s), q.Why) })
	} else {
		add("why", q.Why, nil)
	}
	add("application", q.App, nil)
	add("verdict", q.Verdict, nil)
	add("category", q.Category, nil)
	add("country", q.Country, nil)
	return all
}

// rest asks what no column of texts answers.
func (q *Query) rest(f *traffic.Flow) bool { return q.PeerPort == 0 || q.PeerPort == f.PeerPort }

// matches asks everything of a flow that is in memory.
func (q *Query) matches(tests []test, f *traffic.Flow) bool {
	if !q.during(f.Start, f.End) || !q.rest(f) {
		return false
	}
	for i := range tests {
		if t := &tests[i]; !t.fits([]byte(text(f, t.column))) {
			return false
		}
	}
	return true
}

// text is a column of a flow that is in memory.
func text(f *traffic.Flow, column string) string {
	switch column {
	case "name":
		return f.Name
	case "peer":
		return f.Peer.String()
	case "mac":
		return net.HardwareAddr(f.MAC[:]).String()
	case "device":
		return f.Device.String()
	case "why":
		return f.Why
	case "application":
		return f.App
	case "verdict":
		return f.Verdict.String()
	case "category":
		return f.Category
	case "country":
		return f.Country
	}
	panic("flowlog: no column " + strconv.Quote(column))
}
