// Package listing reads the lists of sites that a configuration or a bundle names, and those that
// come with the program.
package listing

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"otasuke/content/resolvers"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/filter/listfile"
	"otasuke/gateway/internal/lastgood"
)

// List is one list.
type List struct {
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

// Read adds the list to b. An error may tell of single lines, or that its file is not good and the
// copy in kept is in use.
func (l *List) Read(b *filter.Builder, groups *filter.Groups, kept *lastgood.Folder) error {
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
		f, err := kept.Open(l.File, l.good)
		errs = append(errs, err)
		if f != nil {
			errs = append(errs, readList(b, list, l.Format, f))
			f.Close()
		}
	}
	if len(l.Entries) > 0 {
		errs = append(errs, readList(b, list, listfile.Plain, strings.NewReader(strings.Join(l.Entries, "\n"))))
	}
	return errors.Join(errs...)
}

// good tells contents of the list's file from a page with an error, half a file or none, as they come
// when a download fails. The own lists of a company may well be empty.
func (l *List) good(in io.Reader) error {
	rep, err := listfile.Read(filter.NewBuilder(new(filter.Groups)), filter.List{Name: l.Name, Category: l.Category}, l.Format, in)
	switch {
	case err != nil:
		return err
	case rep.LeftOut > rep.Entries:
		return fmt.Errorf("%d of %d lines are not understood; the first: %s", rep.LeftOut, rep.LeftOut+rep.Entries, strings.Join(rep.Reasons, "; "))
	case rep.Entries == 0 && !l.Allow && !l.Deny:
		return errors.New("it is empty")
	}
	return nil
}

func readList(b *filter.Builder, list filter.List, format listfile.Format, in io.Reader) error {
	rep, err := listfile.Read(b, list, format, in)
	if err == nil && rep.LeftOut > 0 {
		err = fmt.Errorf("%d lines left out, %d entries read as %s; the first: %s", rep.LeftOut, rep.Entries, rep.Format, strings.Join(rep.Reasons, "; "))
	}
	return err
}

// Resolvers adds the resolvers by which lists can be walked round: reported, or blocked.
func Resolvers(b *filter.Builder, block bool) error {
	known, err := resolvers.Load()
	if err != nil {
		return err
	}
	list := filter.List{Name: "resolvers", Category: resolvers.Category, Action: filter.Report}
	if block {
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

// Beside reads the lists that the rules of a file name: only files in its folder or
// below it.
func Beside(rules string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%w: only lists beside the rules are read", os.ErrPermission)
		}
		return os.ReadFile(filepath.Join(filepath.Dir(rules), name))
	}
}
