package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	catalogue "otasuke/content/apps"
	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/lastgood"
	"otasuke/gateway/internal/update/content"
)

// keptApplications names the copies of the company's own applications, see kept.
const keptApplications = "applications"

// notKnown ends what is said of a wish that the compilation here does not have.
const notKnown = "is not known here"

// KnownApplications makes what is known of applications. In place of a file that cannot be read or
// understood stands its copy from when it could, and one that was never good is left out: the log
// says so, and the others are still told. An error is about the configuration itself.
func (c *Config) KnownApplications() (*apps.Known, error) {
	f, err := c.findApplications(c.kept(keptApplications), c.warnApplications)
	if err != nil {
		return nil, err
	}
	return f.known()
}

// RenewApplications makes it anew from the files as they are now. An error changes nothing.
func (c *Config) RenewApplications(known *apps.Known) error {
	f, err := c.findApplications(c.kept(keptApplications), c.warnApplications)
	if err == nil {
		err = known.Renew(f.all, f.groups, f.wishes)
	}
	return err
}

// checkApplications tells what is wrong with [[block]], as far as the files can be read now.
func (c *Config) checkApplications() error {
	f, err := c.findApplications(new(lastgood.Folder), func(error) {})
	if err == nil {
		_, err = f.known()
	}
	return err
}

func (c *Config) warnApplications(err error) {
	if c.Log != nil {
		c.Log.Warn("applications", "err", err)
	}
}

// found is what applications are known from, and what is wished of them.
type found struct {
	all    *catalogue.Catalogue
	groups *filter.Groups
	wishes []apps.Block
}

func (f *found) known() (*apps.Known, error) {
	known, err := apps.Make(f.all, f.groups, f.wishes)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return known, nil
}

// findApplications reads the compilation and what is added to it.
func (c *Config) findApplications(kept *lastgood.Folder, warn func(error)) (*found, error) {
	all, err1 := catalogue.Load()
	groups, err2 := c.groups()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	f, whole := &found{all, groups, c.Blocked}, true
	missing := func(err error) {
		whole = false
		warn(err)
	}
	for _, file := range content.Applications(c.Bundles) {
		text, err := os.ReadFile(file) // bundles go back by themselves: no copy
		if err == nil {
			err = all.Add(text)
		}
		if err != nil {
			missing(fmt.Errorf("gateway: applications of a bundle are left out: %w", err))
		}
	}
	if c.Applications != "" {
		text, err := ownApplications(c.Applications, kept, all)
		if errors.Is(err, lastgood.ErrKept) {
			missing(err)
			err = nil
		}
		if err == nil {
			err = all.Add(text)
		}
		if err != nil {
			missing(fmt.Errorf("gateway: applications of %s are left out: %w", c.Applications, err))
		}
	}
	kept.Prune()
	if !whole {
		f.wishes = possible(f.wishes, all, warn)
	}
	// The centre's compilation may be newer than ours.
	f.wishes = slices.Concat(f.wishes, possible(c.wantedBlocks(), all, warn))
	return f, nil
}

// ownApplications reads a file of additions, or its copy; then the error is [lastgood.ErrKept].
func ownApplications(path string, kept *lastgood.Folder, all *catalogue.Catalogue) ([]byte, error) {
	read := func(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, catalogue.MaxFile+1)) }
	f, why := kept.Open(path, func(r io.Reader) error {
		text, err := read(r)
		if err == nil {
			err = all.Copy().Add(text)
		}
		return err
	})
	if f == nil {
		return nil, why
	}
	defer f.Close()
	text, err := read(f)
	if err != nil {
		return nil, err
	}
	return text, why
}

// possible are the wishes without the applications that nobody knows while a file is missing that
// may have them: what else is not wanted stays blocked.
func possible(wishes []apps.Block, all *catalogue.Catalogue, warn func(error)) (able []apps.Block) {
	for _, w := range wishes {
		w.Applications = slices.DeleteFunc(slices.Clone(w.Applications), func(id string) bool {
			_, ok := all.App(id)
			if !ok {
				warn(fmt.Errorf("gateway: block: application %q "+notKnown, id))
			}
			return !ok
		})
		w.Categories = slices.DeleteFunc(slices.Clone(w.Categories), func(id string) bool {
			_, ok := all.Category(id)
			if !ok {
				warn(fmt.Errorf("gateway: block: category %q "+notKnown, id))
			}
			return !ok
		})
		w.Except = slices.DeleteFunc(slices.Clone(w.Except), func(id string) bool {
			_, ok := all.App(id)
			return !ok // what is not known is not blocked either
		})
		if len(w.Applications)+len(w.Categories) > 0 {
			able = append(able, w)
		}
	}
	return able
}
