package cover

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// unnamed is how terms are built in: each provider has its own insurer.
const unnamed = `insurer = ""`

// Begin puts the terms that are built in into a folder of one's own, with the name of an insurer.
func Begin(dir, insurer string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	names, err := fs.Glob(files, "data/*.toml")
	if err != nil {
		return err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		named := strings.Replace(string(text), unnamed, fmt.Sprintf("insurer = %q", insurer), 1)
		if err := os.WriteFile(filepath.Join(dir, path.Base(name)), []byte(named), 0o644); err != nil {
			return fmt.Errorf("cover: %w", err)
		}
	}
	return nil
}
