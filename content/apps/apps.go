package apps

import (
	"embed"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"otasuke/content/resolvers"
	"otasuke/rule"
)

//go:embed data/*.toml
var files embed.FS

// Limits of what is read.
const (
	// MaxFile bounds a file of additions: the largest of ours has 12 KiB.
	MaxFile = 1 << 20
	// MaxApps keeps an application's number in 16 bits, with room: there are 600 of ours.
	MaxApps = 8192
	// MaxWord bounds an id, as it stands in records and messages.
	MaxWord = 48
	// maxLabel bounds a name for people, in bytes.
	maxLabel = 160
	// shortestNet4 and shortestNet6 are the widest ranges that can belong to one company.
	shortestNet4, shortestNet6 = 8, 20
)

// ErrData tells what is wrong with a file.
var ErrData = errors.New("apps: bad data")

// Use says what an application is for.
type Use string

// Uses.
const (
	Business Use = "business" // for work
	Neutral  Use = "neutral"  // may be either
	Private  Use = "private"  // not for work
)

// Category is a kind of applications.
type Category struct {
	ID     string
	Ja, En string
	Use    Use
	// Uploads tells that what is sent there is worth knowing: files and questions leave the company.
	Uploads bool
}

// App is an application and how it is told.
type App struct {
	ID       string `toml:"id"`
	Ja       string `toml:"ja"`
	En       string `toml:"en"` // as Ja when empty
	Category string `toml:"category"`
	Use      Use    `toml:"use"` // as its category's when empty
	// Names are domains; each is meant with everything below it.
	Names []string `toml:"names"`
	// Protos are protocols of the rule language, and those of [Signed].
	Protos []string `toml:"protos"`
	// Ports are "tcp/5938" or "udp/8801-8810": the weakest hint.
	Ports []Ports `toml:"ports"`
	// JA4 are fingerprints of its TLS client.
	JA4  []string       `toml:"ja4"`
	Nets []netip.Prefix `toml:"nets"`
}

// Signed are the protocols that are told by their first bytes, beyond those of rules.
var Signed = []string{"bittorrent", "openvpn", "wireguard", "stun", "gnutella", "bitcoin"}

// Ports are some of TCP or UDP.
type Ports struct {
	UDP         bool
	First, Last uint16
}

// UnmarshalText reads "tcp/443" and "udp/8801-8810".
func (p *Ports) UnmarshalText(text []byte) error {
	proto, ports, ok := strings.Cut(string(text), "/")
	first, last, several := strings.Cut(ports, "-")
	if !several {
		last = first
	}
	a, err := strconv.ParseUint(first, 10, 16)
	b, err2 := strconv.ParseUint(last, 10, 16)
	if !ok || err != nil || err2 != nil || a == 0 || b < a || proto != "tcp" && proto != "udp" {
		return fmt.Errorf("%w: port %.40q: write tcp/443 or udp/8801-8810", ErrData, text)
	}
	*p = Ports{UDP: proto == "udp", First: uint16(a), Last: uint16(b)}
	return nil
}

// Catalogue is categories and applications, in the order in which they were read.
type Catalogue struct {
	Categories []Category
	Apps       []App
	categories map[string]int
	apps       map[string]int
}

// file is the form of the files. Additions have a category in each application.
type file struct {
	Ja      string  `toml:"ja"`
	En      string  `toml:"en"`
	Use     Use     `toml:"use"`
	Uploads bool    `toml:"uploads"`
	Groups  []group `toml:"group"`
	Apps    []App   `toml:"app"`
}

type group struct {
	Source []string `toml:"source"`
	Apps   []App    `toml:"apps"`
}

// Load reads what is built in.
func Load() (*Catalogue, error) {
	c := &Catalogue{categories: map[string]int{}, apps: map[string]int{}}
	entries, err := files.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("apps: %w", err)
	}
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("data", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("apps: %w", err)
		}
		if err := c.category(strings.TrimSuffix(e.Name(), ".toml"), string(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	return c, c.encrypted()
}

// encrypted takes the names of known resolvers for the application that they are of.
func (c *Catalogue) encrypted() error {
	known, err := resolvers.Load()
	if err != nil {
		return fmt.Errorf("apps: %w", err)
	}
	a := App{ID: resolvers.Category}
	for _, r := range known.Resolvers {
		a.Names = append(a.Names, r.Names...)
	}
	return c.add(a, true)
}

// category reads one of our files.
func (c *Catalogue) category(id, text string) error {
	f, err := decode(text)
	if err != nil {
		return err
	}
	k := Category{ID: id, Ja: f.Ja, En: f.En, Use: f.Use, Uploads: f.Uploads}
	if !label(k.Ja) || !label(k.En) || !k.Use.known() || len(f.Apps) > 0 {
		return fmt.Errorf("%w: a category has ja, en and use, and its applications in groups", ErrData)
	}
	c.categories[id] = len(c.Categories)
	c.Categories = append(c.Categories, k)
	for _, g := range f.Groups {
		if len(g.Source) == 0 {
			return fmt.Errorf("%w: a group without a source", ErrData)
		}
		for _, a := range g.Apps {
			if a.Category != "" {
				return fmt.Errorf("%w: %.40q: the file is the category", ErrData, a.ID)
			}
			a.Category = id
			if err := c.add(a, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// Add reads a company's own additions: [[app]] with id, ja and category, and how it is told.
// One with the id of a known application adds to it. An error changes nothing.
func (c *Catalogue) Add(text []byte) error {
	if len(text) > MaxFile {
		return fmt.Errorf("%w: more than %d bytes", ErrData, MaxFile)
	}
	f, err := decode(string(text))
	if err != nil {
		return err
	}
	if len(f.Groups) > 0 || f.Ja != "" || f.En != "" || f.Use != "" || f.Uploads {
		return fmt.Errorf("%w: additions have [[app]] only", ErrData)
	}
	next := c.Copy()
	for _, a := range f.Apps {
		if err := next.add(a, true); err != nil {
			return err
		}
	}
	*c = *next
	return nil
}

// Copy is one that can be added to without changing c.
func (c *Catalogue) Copy() *Catalogue {
	n := &Catalogue{Categories: c.Categories, Apps: slices.Clone(c.Apps), categories: c.categories, apps: map[string]int{}}
	for i := range n.Apps {
		n.apps[n.Apps[i].ID] = i
	}
	return n
}

func decode(text string) (f file, err error) {
	meta, err := toml.Decode(text, &f)
	if err != nil {
		return f, fmt.Errorf("%w: %w", ErrData, err)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return f, fmt.Errorf("%w: unknown field %.40q", ErrData, u[0].String())
	}
	return f, nil
}

// add takes one application.
func (c *Catalogue) add(a App, more bool) error {
	if !word(a.ID) {
		return fmt.Errorf("%w: id %.60q: small letters, digits and hyphens", ErrData, a.ID)
	}
	if err := a.tidy(); err != nil {
		return fmt.Errorf("%s: %w", a.ID, err)
	}
	if i, ok := c.apps[a.ID]; ok {
		if !more {
			return fmt.Errorf("%w: %s stands twice", ErrData, a.ID)
		}
		c.Apps[i] = c.Apps[i].with(&a)
		return nil
	}
	k, known := c.categories[a.Category]
	switch {
	case !known:
		return fmt.Errorf("%w: %s: category %.40q is not known", ErrData, a.ID, a.Category)
	case !label(a.Ja) || !label(a.En):
		return fmt.Errorf("%w: %s: ja is its name, in at most %d bytes", ErrData, a.ID, maxLabel)
	case len(c.Apps) >= MaxApps:
		return fmt.Errorf("%w: more than %d applications", ErrData, MaxApps)
	}
	if a.Use == "" {
		a.Use = c.Categories[k].Use
	}
	c.apps[a.ID] = len(c.Apps)
	c.Apps = append(c.Apps, a)
	return nil
}

// with is a with what b adds.
func (a App) with(b *App) App {
	a.Names = slices.Concat(a.Names, b.Names)
	a.Protos = slices.Concat(a.Protos, b.Protos)
	a.Ports = slices.Concat(a.Ports, b.Ports)
	a.JA4 = slices.Concat(a.JA4, b.JA4)
	a.Nets = slices.Concat(a.Nets, b.Nets)
	return a
}

// tidy checks how an application is told, and brings it into one form.
func (a *App) tidy() error {
	if a.En == "" {
		a.En = a.Ja
	}
	if a.Use != "" && !a.Use.known() {
		return fmt.Errorf("%w: use %.40q is none of business, neutral, private", ErrData, a.Use)
	}
	for i, n := range a.Names {
		a.Names[i] = strings.ToLower(strings.TrimSuffix(n, "."))
		if !domain(a.Names[i]) {
			return fmt.Errorf("%w: %.60q is no domain of two labels or more", ErrData, n)
		}
	}
	for _, p := range a.Protos {
		if !slices.Contains(Signed, p) && !spoken(p) {
			return fmt.Errorf("%w: protocol %.40q is not recognised", ErrData, p)
		}
	}
	for _, j := range a.JA4 {
		if !ja4(j) {
			return fmt.Errorf("%w: %.60q is no JA4 fingerprint", ErrData, j)
		}
	}
	for i, n := range a.Nets {
		if n.Addr().Is4() && n.Bits() < shortestNet4 || n.Addr().Is6() && (n.Bits() < shortestNet6 || n.Addr().Is4In6()) {
			return fmt.Errorf("%w: %s is too wide to be of one company", ErrData, n)
		}
		a.Nets[i] = n.Masked()
	}
	return nil
}

// spoken tells a protocol of the rule language that a conversation can speak.
func spoken(name string) bool {
	for p := range rule.Proto(rule.NumProtos) {
		if p.App() && p.String() == name {
			return true
		}
	}
	return false
}

func (u Use) known() bool { return u == Business || u == Neutral || u == Private }

func word(s string) bool {
	return s != "" && len(s) <= MaxWord && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func label(s string) bool { return s != "" && len(s) <= maxLabel && printable(s) }

func printable(s string) bool {
	for _, c := range s {
		if c < ' ' || c == 0x7f || c == 0xfffd || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			return false
		}
	}
	return true
}

// domain tells a name of two labels or more (RFC 1035 section 2.3.4), in its ASCII form.
func domain(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	for l := range strings.SplitSeq(name, ".") {
		if len(l) == 0 || len(l) > 63 {
			return false
		}
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

// ja4 tells the form "t13d1516h2_8daaf6152771_02713d6af862" (FoxIO, "JA4 Technical details").
func ja4(s string) bool {
	return len(s) == 36 && s[10] == '_' && s[23] == '_' && (s[0] == 't' || s[0] == 'q' || s[0] == 'd') &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// App finds an application by its id.
func (c *Catalogue) App(id string) (App, bool) {
	i, ok := c.apps[id]
	if !ok {
		return App{}, false
	}
	return c.Apps[i], true
}

// Category finds a category by its id.
func (c *Catalogue) Category(id string) (Category, bool) {
	i, ok := c.categories[id]
	if !ok {
		return Category{}, false
	}
	return c.Categories[i], true
}
