package centre

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"otasuke/centre/internal/feed"
	"otasuke/centre/internal/release"
	"otasuke/centre/internal/release/repo"
	"otasuke/wire"
)

// bundleHelp is what "otasuke centre bundle" says without more.
const bundleHelp = `otasuke centre bundle VERB -config FILE ...
  init   -keys DIR [-of 3 -need 2]            make the repository; keep DIR away from the centre afterwards
  add    -kind KIND -from DIR [-now] [-keys DIR]
                                              let a bundle out in waves: rules, lists, applications, virus, program
  list                                        releases, their waves, what became of them on boxes, until when signatures count
  stop   -kind KIND -version N                no box gets it any more
  go     -kind KIND -version N                boxes get it again
  feeds                                       what is fetched by itself: the sources, when, how many entries, what is wrong
  fetch                                       fetch all of it now
  rotate -keys DIR -new DIR [-of 3 -need 2]   replace all keys; boxes follow
`

// ErrBundleUse tells how the command is used.
var ErrBundleUse = errors.New("centre: " + bundleHelp)

// BundleFlags are the options of "otasuke centre bundle".
type BundleFlags struct {
	Keys, New, Kind, From, Why string
	Of, Need                   int
	Version                    int64
	Now                        bool
}

// Set names them.
func (b *BundleFlags) Set(fs *flag.FlagSet) {
	fs.SetOutput(io.Discard)
	fs.StringVar(&b.Keys, "keys", "", "`folder` of the keys that people keep")
	fs.StringVar(&b.New, "new", "", "`folder` of the new keys")
	fs.StringVar(&b.Kind, "kind", "", "rules, lists, applications, virus or program")
	fs.StringVar(&b.From, "from", "", "`folder` with the files")
	fs.StringVar(&b.Why, "why", "stopped on the command line", "`reason`")
	fs.IntVar(&b.Of, "of", 3, "so many keys")
	fs.IntVar(&b.Need, "need", 2, "so many of them must sign")
	fs.Int64Var(&b.Version, "version", 0, "of the bundle")
	fs.BoolVar(&b.Now, "now", false, "do not wait for quiet hours")
}

// BundleState is what "list" answers.
type BundleState struct {
	Releases   []release.Release `json:"releases"`
	Signatures []repo.End        `json:"signatures"`
}

// FeedState is what "feeds" answers.
type FeedState struct {
	Sources []feed.State `json:"sources"`
	Bundles []feed.Made  `json:"bundles"`
}

const (
	// tryTimeout of a bundle: 40,000 rules compile in ten seconds, captures may take longer.
	tryTimeout = 20 * time.Minute
	// tryText bounds what is kept of why it would not do.
	tryText = 1000
)

// tryBundle has the program that boxes run try a bundle, in a process of its own: rules need hundreds of MiB
// for a moment, and what makes it crash costs nothing here.
func (c *Centre) tryBundle(ctx context.Context, kind, dir string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "gateway", "try", "-kind", kind, "-dir", dir, "-captures", c.cfg.Bundles.Trial)
	var said bytes.Buffer
	cmd.Stderr = &said
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		text := said.Bytes()
		return fmt.Errorf("%w: %s (%w)", feed.ErrTrial, bytes.TrimSpace(text[max(0, len(text)-tryText):]), err)
	}
	return err
}

// Bundle does what the command's verb says.
func (c *Centre) Bundle(ctx context.Context, verb string, b BundleFlags) (any, error) {
	done := map[string]time.Time{"done": time.Now().UTC()}
	switch {
	case verb == "init" && b.Keys != "":
		return done, c.bundles.Init(b.Keys, b.Of, b.Need)
	case verb == "rotate" && b.Keys != "" && b.New != "":
		return done, c.bundles.Rotate(b.Keys, b.New, b.Of, b.Need)
	case verb == "add" && b.Kind != "" && b.From != "":
		if b.Kind == wire.BundleProgram && b.Keys == "" {
			return nil, fmt.Errorf("centre: programs are signed by a key that people keep: -keys DIR, which has program.pem")
		}
		return c.releases.Add(ctx, &release.Bundle{Kind: b.Kind, Dir: b.From, Urgent: b.Now}, filepath.Join(b.Keys, "program.pem"))
	case verb == "stop" && b.Version > 0:
		return done, c.releases.Stop(ctx, b.Kind, b.Version, b.Why)
	case verb == "go" && b.Version > 0:
		return done, c.releases.Go(ctx, b.Kind, b.Version)
	case verb == "fetch":
		if err := errors.Join(c.feeds.Now(ctx), c.feeds.Once(ctx)); err != nil {
			return nil, err
		}
		fallthrough
	case verb == "feeds":
		list, made, err := c.feeds.List(ctx)
		return FeedState{list, made}, err
	case verb == "list":
		list, err := c.releases.List(ctx, cli, "listed on the command line")
		if err != nil {
			return nil, err
		}
		ends, err := c.bundles.Ends()
		return BundleState{list, ends}, err
	}
	return nil, ErrBundleUse
}
