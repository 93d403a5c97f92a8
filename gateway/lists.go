package gateway

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"otasuke/content/resolvers"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/filter/listfile"
)

// ListFile is one list.
type ListFile struct {
	Name     string `toml:"name"`
	Category string `toml:"category"`
	// File has its entries, in one of the formats of [listfile]; Format names it where
	// the contents do not show it.
	File   string          `toml:"file"`
	Format listfile.Format `toml:"format"`
	// Entries stand in the configuration itself.
	Entries []string `toml:"entries"`
	// Allow lets its entries pass whatever other lists say, but for those with Deny, which
	// blocks even so.
	Allow bool `toml:"allow"`
	Deny  bool `toml:"deny"`
	// Groups are the devices that it is for; empty for all.
	Groups []string `toml:"groups"`
}

// Settings of encrypted_dns.
const (
	reportResolvers = "report"
	blockResolvers  = "block"
	ignoreResolvers = "off"
)

// categoryOfOurs is that of a denied list that names none.
const categoryOfOurs = "company"

// lists checks the lists and groups, and fills in defaults.
func (c *Config) lists() error {
	switch c.EncryptedDNS {
	case "":
		c.EncryptedDNS = reportResolvers
	case reportResolvers, blockResolvers, ignoreResolvers:
	default:
		return fmt.Errorf("%w: encrypted_dns = %q: write \"report\", \"block\" or \"off\"", ErrConfig, c.EncryptedDNS)
	}
	groups, err := c.groups()
	if err != nil {
		return fmt.Errorf("%w: groups: %w", ErrConfig, err)
	}
	for i := range c.Lists {
		l := &c.Lists[i]
		if l.Category == "" && l.Deny {
			l.Category = categoryOfOurs
		}
		_, err := groups.Mask(l.Groups)
		err = errors.Join(err, l.Format.Check())
		if l.Allow && l.Deny {
			err = errors.Join(err, errors.New("allow and deny exclude each other"))
		}
		if l.File != "" || len(l.Entries) == 0 {
			_, missing := os.Stat(l.File)
			err = errors.Join(err, missing)
		}
		if err != nil {
			return fmt.Errorf("%w: list %q: %w", ErrConfig, l.Name, err)
		}
	}
	return nil
}

// groups makes the groups of devices.
func (c *Config) groups() (*filter.Groups, error) {
	g := new(filter.Groups)
	for _, name := range slices.Sorted(maps.Keys(c.Groups)) {
		if err := g.Add(name, c.Groups[name]); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// renewLists reads what the configuration file says of lists and applications anew. An error
// changes nothing.
func (c *Config) renewLists() error {
	if c.Path == "" {
		return nil
	}
	now, err := LoadConfig(c.Path)
	if err != nil {
		return err
	}
	c.Lists, c.Groups, c.EncryptedDNS = now.Lists, now.Groups, now.EncryptedDNS
	c.Applications, c.Blocked = now.Applications, now.Blocked
	return nil
}

// warnedLists reads the lists and says what could not be read; n counts the entries of the
// configuration.
func (c *Config) warnedLists() (lists *filter.Lists, n int) {
	lists, n, errs := c.loadLists()
	for _, err := range errs {
		c.Log.Warn("list", "err", err)
	}
	return lists, n
}

// loadLists reads all lists. A list that cannot be read is reported and left out:
// the others still protect.
func (c *Config) loadLists() (lists *filter.Lists, n int, errs []error) {
	groups, err := c.groups()
	if err != nil {
		errs = append(errs, fmt.Errorf("gateway: groups: %w", err))
		groups = new(filter.Groups)
	}
	b := filter.NewBuilder(groups)
	all := c.bundleLists(c.bundles)
	for i := range all {
		if err := all[i].read(b, groups); err != nil {
			errs = append(errs, fmt.Errorf("gateway: list %q: %w", all[i].Name, err))
		}
	}
	n = b.Len()
	if err := c.resolvers(b); err != nil {
		errs = append(errs, fmt.Errorf("gateway: encrypted_dns: %w", err))
	}
	lists, err = b.Lists()
	if err != nil {
		errs = append(errs, fmt.Errorf("gateway: lists: %w", err))
	}
	return lists, n, errs
}

// read adds the list to b. An error may tell of single lines.
func (l *ListFile) read(b *filter.Builder, groups *filter.Groups) error {
	mask, err := groups.Mask(l.Groups)
	if err != nil {
		return err // never for everybody instead
	}
	list := filter.List{Name: l.Name, Category: l.Category, Groups: mask}
	switch {
	case l.Allow:
		list.Action = filter.Allow
	case l.Deny:
		list.Action = filter.Deny
	}
	var errs []error
	if l.File != "" {
		f, err := os.Open(l.File)
		if err == nil {
			err = readList(b, list, l.Format, f)
			f.Close()
		}
		errs = append(errs, err)
	}
	if len(l.Entries) > 0 {
		errs = append(errs, readList(b, list, listfile.Plain, strings.NewReader(strings.Join(l.Entries, "\n"))))
	}
	return errors.Join(errs...)
}

func readList(b *filter.Builder, list filter.List, format listfile.Format, in io.Reader) error {
	rep, err := listfile.Read(b, list, format, in)
	if err == nil && rep.LeftOut > 0 {
		err = fmt.Errorf("%d lines left out, %d entries read as %s; the first: %s", rep.LeftOut, rep.Entries, rep.Format, strings.Join(rep.Reasons, "; "))
	}
	return err
}

// resolvers adds the resolvers by which lists can be walked round.
func (c *Config) resolvers(b *filter.Builder) error {
	if c.EncryptedDNS == ignoreResolvers || c.EncryptedDNS == "" {
		return nil
	}
	known, err := resolvers.Load()
	if err != nil {
		return err
	}
	list := filter.List{Name: "resolvers", Category: resolvers.Category, Action: filter.Report}
	if c.EncryptedDNS == blockResolvers {
		list.Action = filter.Block
		// Programs ask for these by themselves, at each start: nobody did anything.
		quiet, err := b.Open(filter.List{Name: "canaries", Category: resolvers.Category, Quiet: true})
		if err != nil {
			return err
		}
		for _, name := range known.Canaries {
			if err := b.Name(filter.Mark{List: quiet, Scope: filter.Exact}, []byte(name)); err != nil {
				return err
			}
		}
	}
	n, err := b.Open(list)
	if err != nil {
		return err
	}
	for _, r := range known.Resolvers {
		for _, name := range r.Names {
			if err := b.Name(filter.Mark{List: n, Scope: filter.Exact | filter.Below}, []byte(name)); err != nil {
				return err
			}
		}
		for _, a := range r.Addrs {
			for _, port := range resolvers.Ports {
				if err := b.Endpoint(filter.Mark{List: n, Scope: filter.Exact}, netip.AddrPortFrom(a, port)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
