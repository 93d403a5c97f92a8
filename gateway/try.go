package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"otasuke/gateway/internal/evefile"
	"otasuke/gateway/internal/update/content"
	"otasuke/rule/policy"
	"otasuke/wire"
)

// leastCompiled of a hundred rules must run: public rule sets have a few that do not.
const leastCompiled = 90

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
	n, first, err := evefile.Blocked(out)
	if err == nil && n > 0 {
		err = fmt.Errorf("%w: harmless traffic is blocked, %d times: %s", ErrTry, n, first)
	}
	return err
}
