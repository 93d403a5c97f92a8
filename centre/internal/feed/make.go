package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"otasuke/centre/internal/release"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// trying stands as trouble of a bundle while it is tried.
const trying = "being tried"

// ErrTrial tells that a bundle would not work on boxes.
var ErrTrial = errors.New("the trial failed")

// part is a source with the files that it has.
type part struct {
	*Source
	digest string
}

// make makes bundles of what has changed.
func (s *Service) make(ctx context.Context) error {
	if !s.cfg.Releases.Ready() {
		return nil // no keys yet: 'otasuke centre bundle init'
	}
	var have []row
	var done map[string]bundle
	if err := s.cfg.Store.GlobalRead(ctx, func(tx *store.GlobalTx) (err error) {
		if have, err = rows(tx); err == nil {
			done, err = bundles(tx)
		}
		return err
	}); err != nil {
		return err
	}
	parts := map[string][]part{}
	for i := range s.cfg.Sources {
		src := &s.cfg.Sources[i]
		for _, r := range have {
			if r.Name == src.Name && r.Kind == src.Kind && r.Digest != "" {
				parts[src.Kind] = append(parts[src.Kind], part{src, r.Digest})
			}
		}
	}
	var errs []error
	for _, kind := range []string{wire.BundleRules, wire.BundleLists, wire.BundleApplications, wire.BundleVirus} {
		if len(parts[kind]) > 0 {
			errs = append(errs, s.bundle(ctx, kind, parts[kind], done[kind]))
		}
	}
	return errors.Join(errs...)
}

// bundle makes the bundle of a kind if there is something new.
func (s *Service) bundle(ctx context.Context, kind string, parts []part, last bundle) error {
	now := s.cfg.Clock.Now()
	digest, err := digestOf(parts)
	if err != nil {
		return err
	}
	if last.Digest == digest && (last.Trouble != trying || now.Sub(last.At) < lease) {
		return nil
	}
	// One that goes on its way would never reach the last boxes if others kept overtaking it.
	if moving, err := s.cfg.Releases.Moving(ctx, kind); err != nil || moving {
		return err
	}
	b := bundle{Kind: kind, Digest: digest, Version: last.Version, At: now, Trouble: trying}
	var mine int64
	if err := s.cfg.Store.Global(ctx, func(tx *store.GlobalTx) (err error) {
		if mine, err = begin(tx, kind, last.Digest, digest, now); err == nil && mine > 0 {
			err = ended(tx, &b)
		}
		return err
	}); err != nil || mine == 0 {
		return err
	}
	r, err := s.release(ctx, kind, parts)
	switch {
	case err == nil:
		b.Version, b.Trouble = r.Version, ""
		s.cfg.Log.Info("a bundle of what sources have is let out", "kind", kind, "version", r.Version, "note", r.Note)
	case errors.Is(err, ErrTrial), errors.Is(err, release.ErrBundle):
		b.Trouble = trouble(err)
		s.cfg.Log.Error("a bundle of what sources have is not let out", "kind", kind, "err", err)
	default: // our own side: once more in a minute
		b.Digest, b.Trouble = "", trouble(err)
		s.cfg.Log.Error("a bundle cannot be made", "kind", kind, "err", err)
	}
	return s.cfg.Store.Global(context.WithoutCancel(ctx), func(tx *store.GlobalTx) error { return ended(tx, &b) })
}

// digestOf is another one when files, or what is said of them, are others.
func digestOf(parts []part) (string, error) {
	sum := sha256.New()
	for _, p := range parts {
		about, err := json.Marshal([]any{p.Name, p.digest, p.Category, p.Format, p.Allow, p.Deny})
		if err != nil {
			return "", err
		}
		sum.Write(about)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (s *Service) release(ctx context.Context, kind string, parts []part) (r release.Release, err error) {
	dir, err := os.MkdirTemp(s.cfg.Dir, "bundle-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	if err := s.gather(kind, parts, dir); err != nil {
		return r, err
	}
	if err := s.cfg.Try(ctx, kind, dir); err != nil {
		return r, err
	}
	return s.cfg.Releases.Add(ctx, &release.Bundle{Kind: kind, Dir: dir}, "")
}

// listed is one list in lists.toml, with the keys of the box's configuration.
type listed struct {
	Name     string `toml:"name"`
	Category string `toml:"category,omitempty"`
	File     string `toml:"file"`
	Format   string `toml:"format,omitempty"`
	Allow    bool   `toml:"allow,omitempty"`
	Deny     bool   `toml:"deny,omitempty"`
}

// gather puts the files of all sources into one folder.
func (s *Service) gather(kind string, parts []part, dir string) error {
	var lists struct {
		List []listed `toml:"list"`
	}
	for _, p := range parts {
		from := s.folder(p.Name, p.digest)
		entries, err := os.ReadDir(from)
		if err != nil {
			return err
		}
		if kind == wire.BundleLists && len(entries) != 1 {
			return fmt.Errorf("%w: %s has %d files: say in files which one is the list", ErrTrial, p.Name, len(entries))
		}
		for _, e := range entries {
			name := placed(kind, p.Source, e.Name())
			if kind == wire.BundleLists {
				lists.List = append(lists.List, listed{p.Name, p.Category, name, p.Format, p.Allow, p.Deny})
			}
			if err := os.Link(filepath.Join(from, e.Name()), filepath.Join(dir, name)); errors.Is(err, os.ErrExist) {
				return fmt.Errorf("%w: two sources have a file %s", ErrTrial, name)
			} else if err != nil {
				return err
			}
		}
	}
	if kind != wire.BundleLists {
		return nil
	}
	slices.SortFunc(lists.List, func(a, b listed) int { return strings.Compare(a.Name, b.Name) })
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(lists); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "lists.toml"), text.Bytes(), 0o644)
}

// placed is the name of a file in the bundle. Lists beside rules keep theirs: rules name them.
func placed(kind string, src *Source, name string) string {
	switch {
	case kind == wire.BundleApplications:
		return "applications.toml"
	case kind == wire.BundleLists:
		return src.Name + filepath.Ext(name)
	case kind == wire.BundleRules && strings.HasSuffix(name, ".rules"):
		return src.Name + "-" + name
	}
	return name
}
