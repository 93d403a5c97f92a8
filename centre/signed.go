package centre

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"otasuke/centre/internal/advisory"
	content "otasuke/content/advisory"
	"otasuke/internal/ja"
)

// AdvisoryConfig says where signed bundles of advisories come from.
type AdvisoryConfig struct {
	URL     string   `toml:"url"`     // asked every six hours; empty: they are brought by hand
	Keys    []string `toml:"keys"`    // Ed25519, base64; one of them must have signed
	Private bool     `toml:"private"` // the address may lie in a private network
}

func (a *AdvisoryConfig) check() error {
	for _, k := range a.Keys {
		if _, err := content.ParseKey(k); err != nil {
			return fmt.Errorf("%w: advisories.keys: %w", ErrConfig, err)
		}
	}
	if a.URL == "" {
		return nil
	}
	if u, err := url.Parse(a.URL); err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%w: advisories.url: %q is no address", ErrConfig, a.URL)
	}
	if len(a.Keys) == 0 {
		return fmt.Errorf("%w: advisories.keys is missing: nothing unsigned is taken", ErrConfig)
	}
	return nil
}

func (a *AdvisoryConfig) source() advisory.Source {
	s := advisory.Source{URL: a.URL, Private: a.Private}
	for _, text := range a.Keys {
		if k, err := content.ParseKey(text); err == nil {
			s.Keys = append(s.Keys, k)
		}
	}
	return s
}

// advisoryHelp is what "otasuke centre advisories" says without more.
const advisoryHelp = `otasuke centre advisories VERB ...
  new-key -key FILE                                    make a key; its public half is printed, for the configuration of centres
  sign    -key FILE -from DIR -serial N [-days 30] -o FILE
                                                       make a bundle of DIR/*.toml; N is higher than that of the last one
  load    -config FILE -from FILE                      take a bundle, as drafts
`

// ErrAdvisoryUse tells how the command is used.
var ErrAdvisoryUse = errors.New("centre: " + advisoryHelp)

// AdvisoryFlags are the options of "otasuke centre advisories".
type AdvisoryFlags struct {
	Key, From, Out string
	Serial         int64
	Days           int
}

// Set names them.
func (a *AdvisoryFlags) Set(fs *flag.FlagSet) {
	fs.SetOutput(io.Discard)
	fs.StringVar(&a.Key, "key", "", "`file` of the key")
	fs.StringVar(&a.From, "from", "", "`folder` of advisories, or file of a bundle")
	fs.StringVar(&a.Out, "o", "", "`file` for the bundle")
	fs.Int64Var(&a.Serial, "serial", 0, "`number` of the bundle")
	fs.IntVar(&a.Days, "days", 30, "for so many `days` centres take it")
}

// SignAdvisories does what needs no centre: makes a key, or signs a bundle. It is done where the key is, away from centres.
func SignAdvisories(verb string, a AdvisoryFlags) (any, error) {
	switch {
	case verb == "new-key" && a.Key != "":
		public, err := content.NewKey(a.Key)
		return map[string]string{"public": public}, err
	case verb == "sign" && a.Key != "" && a.From != "" && a.Out != "" && a.Days > 0:
		b, err := content.SignFolder(a.From, a.Key, a.Out, a.Serial, time.Now().In(ja.Zone), a.Days)
		return map[string]any{"serial": b.Serial, "advisories": len(b.Rules), "until": b.Until}, err
	}
	return nil, ErrAdvisoryUse
}

// LoadAdvisories takes a bundle from a file.
func (c *Centre) LoadAdvisories(ctx context.Context, a AdvisoryFlags) (any, error) {
	f, err := os.Open(a.From)
	if err != nil {
		return nil, fmt.Errorf("centre: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, content.MaxBundle+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("centre: %w", err)
	}
	n, err := c.advisories.TakeBundle(ctx, cli, data)
	return map[string]int{"drafts": n}, err
}
