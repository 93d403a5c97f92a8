package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// publicSet is the rule set that the box is measured with, below $OTASUKE_DATA.
const publicSet = "rules/et-open-composite-2025-07.rules.xz"

// publicRules unpacks the public rule set. Without it the built-in rules are all there is,
// and the words that it returns say so.
func publicRules(ctx context.Context, dir string) (files []string, words string, err error) {
	data := os.Getenv("OTASUKE_DATA")
	if data == "" {
		return nil, "starter rules alone (OTASUKE_DATA is not set): every row is with few rules", nil
	}
	packed := filepath.Join(data, publicSet)
	text, err := exec.CommandContext(ctx, "xz", "-dc", packed).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, "starter rules alone (xz is not installed): every row is with few rules", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("bench: %s cannot be unpacked: %w", publicSet, err)
	}
	path := filepath.Join(dir, "et-open.rules")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return nil, "", fmt.Errorf("bench: %w", err)
	}
	return []string{path}, "ET Open of July 2025 and the starter rules", nil
}
