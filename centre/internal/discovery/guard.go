package discovery

import (
	_ "embed"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"otasuke/content/apps"
	"otasuke/content/resolvers"
	"otasuke/internal/hostname"
	"otasuke/wire"
)

// KindFile is a file, beside wire's kinds of what is stopped.
const KindFile = "file"

// Kinds are all of them.
var Kinds = []string{wire.StopName, wire.StopAddr, wire.StopPage, KindFile}

// Categories that something may be of, as lists of sites have them; each has a family of alerts.
var Categories = []string{"phishing", "malware", "c2"}

// maxTyped bounds what is typed as a value, in bytes: the longest page that a box takes.
const maxTyped = wire.MaxText

// emptyFile is the digest of no byte at all: many files are empty.
const emptyFile = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// Refusal tells why something may not be stopped for all.
type Refusal struct {
	// Reason is one of the Not constants.
	Reason string
	// What is the thing that speaks against it: a name, an application.
	What string
}

// Error says so.
func (r *Refusal) Error() string { return "discovery: refused: " + r.Reason + " " + r.What }

// Reasons of a refusal.
const (
	NotName     = "name"     // no domain name
	NotSuffix   = "suffix"   // a registry gives names to everybody below it
	NotShared   = "shared"   // a firm gives names to its customers below it: one of them is meant
	NotOurs     = "ours"     // the centre would be cut off
	NotEveryday = "everyday" // everybody needs it
	NotApp      = "app"      // a known application is reached by it
	NotAddr     = "addr"     // no address
	NotInside   = "inside"   // an address that every office has inside
	NotResolver = "resolver" // offices ask it for names
	NotPage     = "page"     // no address of a page
	NotSecret   = "secret"   // which page is asked for over HTTPS nobody on the way sees
	NotWhole    = "whole"    // all of a site: its name is meant
	NotDigest   = "digest"   // no SHA-256
	NotEmpty    = "empty"    // the digest of the empty file
	NotKind     = "kind"
	NotUsed     = "used" // many companies have used it for long
)

// everyday are names that most offices need, see the file itself.
//
//go:embed everyday.txt
var everyday string

// shared are addresses that belong to nobody in particular, beyond those that netip knows as private: of carriers (RFC 6598),
// of the translation between both internets (RFC 6052), of 6to4 relays (RFC 7526).
var shared = []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("240.0.0.0/4")}

// Guard keeps what people need from being stopped.
type Guard struct {
	exact, below map[string]bool     // names that everybody needs, alone and with what is below them
	apps         map[string][]string // names of applications, by their labels' ends
	resolvers    map[netip.Addr]bool
	names        []string // of the centre
	addrs        []netip.Addr
}

// NewGuard makes one. ours are names and addresses of the centre, as its configuration has them: also with a port, or in an
// address of a page.
func NewGuard(known *apps.Catalogue, ours ...string) (*Guard, error) {
	g := &Guard{exact: map[string]bool{}, below: map[string]bool{}, apps: map[string][]string{}, resolvers: map[netip.Addr]bool{}}
	for line := range strings.Lines(everyday) {
		line = strings.TrimSpace(line)
		switch name, all := strings.CutPrefix(line, "*."); {
		case line == "" || line[0] == '#':
		case all:
			g.below[name] = true
		default:
			g.exact[name] = true
		}
	}
	if known != nil {
		for i := range known.Apps {
			for _, name := range known.Apps[i].Names {
				for end := name; end != ""; _, end, _ = strings.Cut(end, ".") {
					g.apps[end] = append(g.apps[end], known.Apps[i].Ja)
				}
			}
		}
	}
	all, err := resolvers.Load()
	if err != nil {
		return nil, err
	}
	for _, r := range all.Resolvers {
		for _, a := range r.Addrs {
			g.resolvers[a.Unmap()] = true
		}
	}
	for _, s := range ours {
		g.our(s)
	}
	return g, nil
}

// our adds a name or an address of the centre.
func (g *Guard) our(s string) {
	if u, err := url.Parse(s); err == nil && u.Host != "" {
		s = u.Host
	}
	if u, err := url.Parse("//" + s); err == nil && u.Hostname() != "" {
		s = u.Hostname()
	}
	if a, err := netip.ParseAddr(s); err == nil {
		g.addrs = append(g.addrs, a.Unmap())
	} else if s = strings.ToLower(strings.TrimSuffix(s, ".")); strings.Contains(s, ".") {
		g.names = append(g.names, s)
	}
}

// Check brings what was typed into the form in which boxes have it, or is a [Refusal].
func (g *Guard) Check(kind, typed string) (value string, err error) {
	typed = strings.TrimSpace(typed)
	if len(typed) > maxTyped {
		return "", &Refusal{Reason: kind}
	}
	switch kind {
	case wire.StopName:
		return g.name(typed)
	case wire.StopAddr:
		return g.addr(typed)
	case wire.StopPage:
		return g.page(typed)
	case KindFile:
		return digest(typed)
	}
	return "", &Refusal{Reason: NotKind}
}

func (g *Guard) name(typed string) (string, error) {
	if u, err := url.Parse(typed); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		typed = u.Hostname()
	}
	name, err := hostname.Clean(strings.TrimPrefix(typed, "*."))
	switch {
	case errors.Is(err, hostname.ErrSuffix):
		return "", &Refusal{NotSuffix, typed}
	case err != nil:
		return "", &Refusal{NotName, typed}
	}
	if suffix, _ := publicsuffix.PublicSuffix(name); suffix == name {
		return "", &Refusal{NotShared, name}
	}
	if err := g.needed(name); err != nil {
		return "", err
	}
	return name, nil
}

// needed tells why a name cannot be stopped with all below it.
func (g *Guard) needed(name string) error {
	for _, our := range g.names {
		if hostname.Within(our, name) {
			return &Refusal{NotOurs, our}
		}
	}
	for end := name; end != ""; _, end, _ = strings.Cut(end, ".") {
		if g.below[end] {
			return &Refusal{NotEveryday, end}
		}
	}
	for _, list := range []map[string]bool{g.exact, g.below} {
		for one := range list {
			if hostname.Within(one, name) || "www."+one == name {
				return &Refusal{NotEveryday, one}
			}
		}
	}
	if used := g.apps[name]; len(used) > 0 {
		return &Refusal{NotApp, used[0]}
	}
	if rest, ok := strings.CutPrefix(name, "www."); ok && len(g.apps[rest]) > 0 {
		return &Refusal{NotApp, g.apps[rest][0]}
	}
	return nil
}

func (g *Guard) addr(typed string) (string, error) {
	a, err := netip.ParseAddr(strings.Trim(typed, "[]"))
	if err != nil || a.Zone() != "" {
		return "", &Refusal{NotAddr, typed}
	}
	a = a.Unmap()
	within := func(p netip.Prefix) bool { return p.Contains(a) }
	switch {
	case !a.IsGlobalUnicast() || a.IsPrivate() || slices.ContainsFunc(shared, within):
		return "", &Refusal{NotInside, a.String()}
	case slices.Contains(g.addrs, a):
		return "", &Refusal{NotOurs, a.String()}
	case g.resolvers[a]:
		return "", &Refusal{NotResolver, a.String()}
	}
	return a.String(), nil
}

// page is one page over HTTP. Its site may be anybody's: a page of a shop that was broken into is stopped, and not the shop.
func (g *Guard) page(typed string) (string, error) {
	if !strings.Contains(typed, "://") {
		typed = "http://" + typed
	}
	u, err := url.Parse(typed)
	switch {
	case err != nil || u.User != nil || u.Port() != "" && u.Port() != "80" || strings.ContainsAny(typed, " \t\r\n\x00"):
		return "", &Refusal{NotPage, ""}
	case u.Scheme == "https":
		return "", &Refusal{NotSecret, ""}
	case u.Scheme != "http":
		return "", &Refusal{NotPage, ""}
	}
	host, err := hostname.Clean(u.Hostname())
	if err != nil {
		return "", &Refusal{NotPage, ""}
	}
	if len(u.Path) < 2 {
		return "", &Refusal{NotWhole, host}
	}
	for _, our := range g.names {
		if our == host {
			return "", &Refusal{NotOurs, our}
		}
	}
	u.Host, u.Fragment, u.RawFragment = host, "", ""
	one := wire.Stop{Kind: wire.StopPage, Value: u.String(), Category: Categories[0], Until: farAway}
	if one.Check() != nil {
		return "", &Refusal{NotPage, ""}
	}
	return one.Value, nil
}

func digest(typed string) (string, error) {
	d := strings.ToLower(typed)
	switch {
	case !wire.ValidSHA256(d):
		return "", &Refusal{NotDigest, ""}
	case d == emptyFile:
		return "", &Refusal{NotEmpty, ""}
	}
	return d, nil
}
