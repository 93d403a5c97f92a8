package inventory

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"time"

	"otasuke/content/devices"
	"otasuke/gateway/internal/heard"
	"otasuke/wire"
)

// Limits of one device: what real ones have, and room.
const (
	maxAddrs = 8
	maxNames = 8
	maxClues = 32
	// forgetClue is when what a device has not said again does not count any more: it may
	// have another system now.
	forgetClue = 30 * 24 * time.Hour
)

// Times of a device's life.
const (
	// Learning is how long a box only takes the inventory: nobody wants to hear of 40 devices.
	Learning = 7 * 24 * time.Hour
	// goneAfter is when one that was there on many days counts as gone: longer than holidays
	// at New Year.
	goneAfter = 14 * 24 * time.Hour
	// resident is on how many days one was seen that is missed.
	resident = 7
	// settled is how long evidence comes together before another kind is a change.
	settled = 24 * time.Hour
	// sureKind is how sure the kinds before and after must be, sureOld the system of which is
	// told that it gets no updates.
	sureKind, sureOld = 60, 70
)

// said is a thing that was heard, and when last.
type said struct {
	By   string `json:"by"`
	Text string `json:"text"`
	Last int64  `json:"last"` // microseconds, as all times here
}

// one is a device.
type one struct {
	MAC    [6]byte `json:"mac"`
	First  int64   `json:"first"`
	Last   int64   `json:"last"`
	Days   int     `json:"days"` // on which it was seen
	Early  bool    `json:"early,omitempty"`
	Addrs  []said  `json:"addrs,omitempty"` // newest first
	Names  []said  `json:"names,omitempty"`
	Clues  []said  `json:"clues,omitempty"`
	Runs   []runs  `json:"runs,omitempty"`   // newest first
	Server int64   `json:"server,omitempty"` // it gave out addresses then
	Router int64   `json:"router,omitempty"`
	Own    string  `json:"own,omitempty"` // address that it said as a server or router

	Gone   bool                `json:"gone,omitempty"`    // that was told
	OldOS  string              `json:"old_os,omitempty"`  // for which it was told
	Kind   string              `json:"kind,omitempty"`    // that was told, and was sure
	Rogue  [2]bool             `json:"rogue"`             // as a server, as a router: told
	ToTell []wire.DeviceChange `json:"to_tell,omitempty"` // with the next report
	Told   int64               `json:"told,omitempty"`    // the last report

	dirty, urgent bool
}

// random tells that a hardware address is made up: its bit of IEEE 802 section 8.4 says so.
// What QEMU gives its machines stays the same.
func random(mac [6]byte) bool {
	return mac[0]&2 != 0 && (mac[0] != 0x52 || mac[1] != 0x54 || mac[2] != 0)
}

// put notes a thing in a list with the newest first; true when it was not there. What has
// not been heard for longest makes room.
func put(list *[]said, most int, by, text string, now int64) (fresh bool) {
	l := *list
	i := slices.IndexFunc(l, func(s said) bool { return s.Text == text && s.By == by })
	if fresh = i < 0; fresh {
		if len(l) < most {
			l = append(l, said{})
		}
		i = len(l) - 1
	}
	copy(l[1:i+1], l[:i])
	l[0] = said{by, text, now}
	*list = l
	return fresh
}

// single are things of which a device says one at a time: another one takes its place.
func single(by string) bool {
	return by == byPage || by == heard.ByDHCPVendor || by == heard.ByDHCPParams || by == heard.ByBrowserOS
}

// clue notes what may tell what it is.
func (d *one) clue(by, text string, now int64) (fresh bool) {
	if single(by) {
		d.Clues = slices.DeleteFunc(d.Clues, func(s said) bool { return s.By == by && s.Text != text })
	}
	return put(&d.Clues, maxClues, by, text, now)
}

// nameRank is how well names suit people, the best first: what somebody chose, before what
// programs made.
var nameRank = map[string]int{heard.ByMDNS: 0, heard.ByDHCP: 1, heard.ByLLMNR: 2, heard.ByNetBIOS: 3, heard.ByDHCP6: 4, heard.ByLLDP: 5}

func (d *one) names() []said {
	l := slices.Clone(d.Names)
	slices.SortStableFunc(l, func(a, b said) int { return cmp.Compare(nameRank[a.By], nameRank[b.By]) })
	return l
}

// judged is what one thinks of a device.
type judged struct {
	maker           string
	kind, os, model wire.Guess
}

// tally adds up what speaks for something: two independent hints are surer than each.
type tally struct {
	doubt float64 // what is left of it
	best  int
	by    string
}

type tallies map[string]*tally

func (t tallies) add(id string, h *devices.Hint, by string) {
	if id == "" {
		return
	}
	x := t[id]
	if x == nil {
		x = &tally{doubt: 1}
		t[id] = x
	}
	x.doubt *= 1 - float64(h.Sure)/100
	if h.Sure > x.best {
		x.best, x.by = h.Sure, by
	}
}

func (t tallies) guess() (g wire.Guess) {
	for id, x := range t {
		if sure := min(int(100-100*x.doubt), 99); sure > g.Sure || sure == g.Sure && id < g.ID {
			g = wire.Guess{ID: id, By: x.by, Sure: sure}
		}
	}
	return g
}

// judge says what a device is, from what was heard lately.
func judge(d *one, s *devices.Set, maker string, now int64) judged {
	kinds, systems, makers := tallies{}, tallies{}, tallies{}
	seen := map[*devices.Hint]bool{}
	hear := func(by, text string) {
		for _, h := range s.Of(by, text) {
			if seen[h] {
				continue // said twice is not surer
			}
			seen[h] = true
			why := by + ": " + text
			kinds.add(h.Kind, h, why)
			systems.add(h.OS, h, why)
			makers.add(h.Maker, h, why)
		}
	}
	j := judged{maker: maker}
	for _, c := range d.Clues {
		if now-c.Last > forgetClue.Microseconds() {
			continue
		}
		hear(c.By, c.Text)
		if j.model.ID == "" && (c.By == byPage || c.By == heard.ByMDNSModel || c.By == heard.ByWSDModel || c.By == heard.ByLLDPText) {
			j.model = wire.Guess{ID: c.Text, By: c.By}
		}
	}
	for _, n := range d.Names {
		hear(devices.ByName, n.Text)
	}
	if maker != "" {
		hear(devices.ByMaker, maker)
	}
	if d.Router != 0 {
		hear("router", "ra")
	}
	if d.Server != 0 {
		hear("router", "dhcp")
	}
	if j.kind, j.os = kinds.guess(), narrow(systems, s); j.maker == "" {
		j.maker = makers.guess().ID
	}
	return j
}

// narrow chooses among systems: what speaks for a whole family speaks for each of it.
func narrow(t tallies, s *devices.Set) wire.Guess {
	for id, x := range t {
		if _, whole := family[id]; whole {
			for other, y := range t {
				if o, ok := s.OS(other); ok && other != id && o.Family == family[id] {
					y.doubt *= x.doubt
				}
			}
		}
	}
	g := t.guess()
	if f, whole := family[g.ID]; whole { // the surest of the family says more
		best := wire.Guess{}
		for id, x := range t {
			if o, ok := s.OS(id); ok && id != g.ID && o.Family == f {
				if sure := min(int(100-100*x.doubt), 99); sure > best.Sure {
					best = wire.Guess{ID: id, By: x.by, Sure: sure}
				}
			}
		}
		if best.ID != "" {
			return best
		}
	}
	return g
}

// family are systems that stand for all of theirs.
var family = map[string]string{"windows": "windows", "apple": "apple"}

// inside is the device as the centre hears of it.
func (d *one) inside(j judged) *wire.Inside {
	w := &wire.Inside{First: time.UnixMicro(d.First).UTC(), Last: time.UnixMicro(d.Last).UTC(), Random: random(d.MAC), Early: d.Early,
		Maker: j.maker, Kind: j.kind, OS: j.os, Model: j.model, Changes: d.ToTell}
	if w.Kind.ID == "" {
		w.Kind.ID = devices.Unknown
	}
	for _, a := range d.Addrs {
		if addr, err := netip.ParseAddr(a.Text); err == nil && !slices.Contains(w.Addrs, addr) {
			w.Addrs = append(w.Addrs, addr)
		}
	}
	w.Software = d.software()
	for _, n := range d.names() {
		w.Names = append(w.Names, wire.SaidName{Text: n.Text, By: n.By})
	}
	return w
}

func (d *one) mac() string { return net.HardwareAddr(d.MAC[:]).String() }

// addr is the newest address, that of version 4 before others.
func (d *one) addr() (best netip.Addr) {
	for _, s := range d.Addrs {
		if a, err := netip.ParseAddr(s.Text); err == nil && (!best.IsValid() || a.Is4() && !best.Is4()) {
			best = a
		}
	}
	return best
}
