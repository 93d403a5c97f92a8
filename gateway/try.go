package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"otasuke/gateway/internal/update/content"
	"otasuke/rule/policy"
	"otasuke/wire"
)

const (
	// leastCompiled of a hundred rules must run: public rule sets have a few that do not.
	leastCompiled = 90
	// maxNamed rules stand in an error.
	maxNamed = 5
)

// ErrTry tells that a bundle would not do on boxes.
var ErrTry = errors.New("gateway: this bundle would not do")

// TryBundle tries the files of a bundle as boxes do before they use it; rules are compiled, too,
// and judge the captures of harmless traffic below the folder captures, "" for none: not one may be
// blocked.
func TryBundle(ctx context.Context, kind, dir, captures string) error {
	if err := content.Check(kind, dir); err != nil {
		return fmt.Errorf("%w: %w", ErrTry, err)
	}
	if kind != wire.BundleRules {
		return nil
	}
	rules := []string{filepath.Join(dir, "*.rules")}
	rep, err := CheckRules(rules)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTry, err)
	}
	if rep.Loaded*100 < rep.Total*leastCompiled {
		return fmt.Errorf("%w: %d of %d rules run", ErrTry, rep.Loaded, rep.Total)
	}
	if captures == "" {
		return nil
	}
	out, err := os.MkdirTemp("", "otasuke-try-")
	if err != nil {
		return fmt.Errorf("gateway: %w", err)
	}
	defer os.RemoveAll(out)
	p := policy.Default()
	if _, err := Inspect(ctx, InspectConfig{Capture: captures, Each: true, Rules: rules, IPS: &p, Prevent: true, Dir: out, Warn: io.Discard}); err != nil {
		return err
	}
	return noneBlocked(out)
}

// noneBlocked looks for alerts of what was blocked.
func noneBlocked(dir string) error {
	n, first := 0, ""
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for lines := json.NewDecoder(bufio.NewReader(f)); lines.More(); {
			var r struct {
				Alert struct {
					Action    string `json:"action"`
					ID        uint32 `json:"signature_id"`
					Signature string `json:"signature"`
				} `json:"alert"`
			}
			if err := lines.Decode(&r); err != nil {
				return err
			}
			if r.Alert.Action == "blocked" {
				if n++; n <= maxNamed {
					first += fmt.Sprintf("; %d %.100q", r.Alert.ID, r.Alert.Signature)
				}
			}
		}
		return nil
	})
	if err == nil && n > 0 {
		err = fmt.Errorf("%w: harmless traffic is blocked, %d times%s", ErrTry, n, first)
	}
	return err
}
