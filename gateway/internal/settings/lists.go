package settings

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/lastgood"
	"otasuke/gateway/internal/listing"
	"otasuke/gateway/internal/selftest"
	"otasuke/gateway/internal/update/content"
)

// ListFile is one list.
type ListFile = listing.List

// Settings of encrypted_dns.
const (
	reportResolvers = "report"
	blockResolvers  = "block"
	IgnoreResolvers = "off" // neither
)

// categoryOfOurs is that of a denied list that names none.
const categoryOfOurs = "company"

// lists checks the lists and groups, and fills in defaults.
func (c *Config) lists() error {
	switch c.EncryptedDNS {
	case "", reportResolvers, blockResolvers, IgnoreResolvers:
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
			if _, missing := os.Stat(l.File); missing != nil && !c.kept(keptLists).Has(l.File) {
				err = errors.Join(err, missing)
			}
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
	if err := c.wantedGroups(g); err != nil {
		return nil, err
	}
	return g, nil
}

// RenewLists reads what the configuration file says of lists and applications anew. An error
// changes nothing.
func (c *Config) RenewLists() error {
	if c.Path == "" {
		return nil
	}
	now, err := Load(c.Path)
	if err != nil {
		return err
	}
	c.Lists, c.Groups, c.EncryptedDNS = now.Lists, now.Groups, now.EncryptedDNS
	c.Applications, c.Blocked = now.Applications, now.Blocked
	return nil
}

// WarnedLists reads the lists and says what could not be read; n counts the entries of the
// configuration.
func (c *Config) WarnedLists() (lists *filter.Lists, n int) {
	lists, n, errs := c.ReadLists()
	for _, err := range errs {
		c.Log.Warn("list", "err", err)
	}
	return lists, n
}

// keptLists names the copies of lists, see kept.
const keptLists = "lists"

// kept are copies of files that the configuration names, from when they were good.
func (c *Config) kept(kind string) *lastgood.Folder {
	if c.StateDir == "" {
		return new(lastgood.Folder)
	}
	return &lastgood.Folder{Dir: filepath.Join(c.StateDir, "kept", kind)}
}

// ReadLists reads all lists. In place of one that cannot be read stands its copy from when it
// could. That is reported, and so is a list that was never good and is left out: the others still
// protect.
func (c *Config) ReadLists() (lists *filter.Lists, n int, errs []error) {
	groups, err := c.groups()
	if err != nil {
		errs = append(errs, fmt.Errorf("gateway: groups: %w", err))
		groups = new(filter.Groups)
	}
	b := filter.NewBuilder(groups)
	more, err := content.Lists(c.Bundles)
	if err != nil {
		errs = append(errs, fmt.Errorf("gateway: lists of a bundle: %w", err))
	}
	kept := c.kept(keptLists)
	for i, l := range slices.Concat(c.Lists, c.wantedLists(), more) {
		from := kept
		if i >= len(c.Lists) {
			from = new(lastgood.Folder) // bundles go back by themselves, wishes have no files
		}
		if err := l.Read(b, groups, from); err != nil {
			errs = append(errs, fmt.Errorf("gateway: list %q: %w", l.Name, err))
		}
	}
	kept.Prune()
	n = b.Len()
	if how := c.encryptedDNS(); how != IgnoreResolvers {
		if err := listing.Resolvers(b, how == blockResolvers); err != nil {
			errs = append(errs, fmt.Errorf("gateway: encrypted_dns: %w", err))
		}
	}
	if c.Own != nil {
		if err := selftest.Add(b, c.Own); err != nil {
			errs = append(errs, fmt.Errorf("gateway: list of the self-test: %w", err))
		}
	}
	lists, err = b.Lists()
	if err != nil {
		errs = append(errs, fmt.Errorf("gateway: lists: %w", err))
	}
	return lists, n, errs
}
