// Package content knows what is in a bundle of each kind, and tries it before it is used: it joins
// what the configuration names, so that a company's own rules, lists and applications stay.
package content

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"otasuke/content/apps"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/filter/listfile"
	"otasuke/gateway/internal/listing"
	"otasuke/gateway/internal/update"
	"otasuke/internal/conffile"
	"otasuke/rule/parse"
	"otasuke/wire"
)

const (
	// leastLoaded of a hundred rules must be understood: public rule sets have a few that are not.
	leastLoaded = 90
	// maxLists in a bundle, and maxLeftOut of a hundred lines of one that are not understood.
	maxLists   = 200
	maxLeftOut = 10

	rulesPattern = "*.rules"
	listsFile    = "lists.toml"
	appsFile     = "applications.toml"
)

// ErrContent tells what a bundle lacks.
var ErrContent = errors.New("bundle")

// Rules are the patterns of rule files in use.
func Rules(use update.InUse) []string {
	b, ok := use[wire.BundleRules]
	if !ok {
		return nil
	}
	pattern := filepath.Join(b.Dir, rulesPattern)
	if names, err := filepath.Glob(pattern); err != nil || len(names) == 0 {
		return nil // those of the configuration go on
	}
	return []string{pattern}
}

// Lists are the lists in use, with whole paths.
func Lists(use update.InUse) ([]listing.List, error) {
	b, ok := use[wire.BundleLists]
	if !ok {
		return nil, nil
	}
	return lists(b.Dir)
}

// Applications are the files of applications in use.
func Applications(use update.InUse) []string {
	if b, ok := use[wire.BundleApplications]; ok {
		return []string{filepath.Join(b.Dir, appsFile)}
	}
	return nil
}

// Check tries what lies in dir.
func Check(kind, dir string) error {
	switch kind {
	case wire.BundleRules:
		return checkRules(dir)
	case wire.BundleLists:
		return checkLists(dir)
	case wire.BundleApplications:
		return checkApplications(dir)
	case wire.BundleVirus:
		return checkVirus(dir)
	case wire.BundleProgram:
		return checkProgram(dir)
	}
	return fmt.Errorf("%w: kind %.20q is not known here", ErrContent, kind)
}

func checkRules(dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, rulesPattern))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrContent, err)
	}
	loaded, all, first := 0, 0, ""
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrContent, err)
		}
		opt := parse.Options{Vars: parse.DefaultVars(), Open: listing.Beside(name)}
		good, bad := parse.Rules(filepath.Base(name), text, opt)
		loaded, all = loaded+len(good), all+len(good)+len(bad)
		if len(bad) > 0 && first == "" {
			first = fmt.Sprintf("; the first: %s line %d: %s", bad[0].File, bad[0].Line, bad[0].Reason)
		}
	}
	if loaded == 0 || loaded*100 < all*leastLoaded {
		return fmt.Errorf("%w: %d of %d rules load%s", ErrContent, loaded, all, first)
	}
	return nil
}

func lists(dir string) ([]listing.List, error) {
	var f struct {
		List []listing.List `toml:"list"`
	}
	if err := conffile.Read(filepath.Join(dir, listsFile), &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContent, err)
	}
	if len(f.List) == 0 || len(f.List) > maxLists {
		return nil, fmt.Errorf("%w: %d lists", ErrContent, len(f.List))
	}
	for i := range f.List {
		l := &f.List[i]
		switch {
		case l.File != "" && !filepath.IsLocal(l.File), l.File == "" && len(l.Entries) == 0:
			return nil, fmt.Errorf("%w: list %q: file %q", ErrContent, l.Name, l.File)
		case l.Name == "" || l.Category == "" && !l.Allow || l.Allow && l.Deny || len(l.Groups) > 0:
			return nil, fmt.Errorf("%w: list %q: name, category, allow, deny or groups", ErrContent, l.Name)
		}
		if err := l.Format.Check(); err != nil {
			return nil, fmt.Errorf("%w: list %q: %w", ErrContent, l.Name, err)
		}
		if l.File != "" {
			l.File = filepath.Join(dir, l.File)
		}
	}
	return f.List, nil
}

func checkLists(dir string) error {
	all, err := lists(dir)
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.File == "" {
			continue
		}
		f, err := os.Open(l.File)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrContent, err)
		}
		rep, err := listfile.Read(filter.NewBuilder(new(filter.Groups)), filter.List{Name: l.Name, Category: l.Category}, l.Format, f)
		f.Close()
		if err == nil && (rep.Entries == 0 || rep.LeftOut*100 > (rep.Entries+rep.LeftOut)*maxLeftOut) {
			err = fmt.Errorf("%d entries, %d lines left out: %s", rep.Entries, rep.LeftOut, strings.Join(rep.Reasons, "; "))
		}
		if err != nil {
			return fmt.Errorf("%w: list %q: %w", ErrContent, l.Name, err)
		}
	}
	return nil
}

func checkApplications(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, appsFile))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrContent, err)
	}
	c, err := apps.Load()
	if err == nil {
		err = c.Add(text)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrContent, err)
	}
	return nil
}

// checkVirus looks for signature files; whether they are any good clamd says.
func checkVirus(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return fmt.Errorf("%w: no signatures", ErrContent)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() == 0 || filepath.Ext(e.Name()) == "" || strings.HasPrefix(e.Name(), ".") {
			return fmt.Errorf("%w: %q is no file of signatures", ErrContent, e.Name())
		}
	}
	return nil
}

// machines are those that programs are built for.
var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}

func checkProgram(dir string) error {
	f, err := elf.Open(filepath.Join(dir, update.Program))
	if err != nil {
		return fmt.Errorf("%w: program: %w", ErrContent, err)
	}
	defer f.Close()
	if f.Machine != machines[runtime.GOARCH] {
		return fmt.Errorf("%w: a program for %v", ErrContent, f.Machine)
	}
	if err := update.CheckProgram(dir); err != nil {
		return fmt.Errorf("%w: %w", ErrContent, err)
	}
	return nil
}
