// Package conffile reads a configuration file. Callers: the façades of the wings.
package conffile

import (
	"fmt"

	"github.com/BurntSushi/toml"
)

// Read decodes the TOML file at path into v. An unknown key is an error: a
// misspelt one would leave things other than their owner believes.
func Read(path string, v any) error {
	meta, err := toml.DecodeFile(path, v)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return fmt.Errorf("%s: unknown key %q", path, left[0].String())
	}
	return nil
}
