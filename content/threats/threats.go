// Package threats knows the ten threats of the year for organisations, to which what was seen at a company
// is tied.
package threats

import (
	_ "embed"
	"fmt"

	"github.com/BurntSushi/toml"
)

//go:embed threats.toml
var text string

// Threat is one of the ten.
type Threat struct {
	Key  string `toml:"key"`
	Rank int    `toml:"rank"`
	Ja   string `toml:"ja"`
	En   string `toml:"en"`
}

// Year is the list of a year.
type Year struct {
	Year      int      `toml:"year"`
	Published string   `toml:"published"` // date
	Source    string   `toml:"source"`
	Threats   []Threat `toml:"threat"`
}

// Load reads what is built in. It fails only when the file is wrong, which the package's tests rule out.
func Load() (Year, error) {
	var y Year
	meta, err := toml.Decode(text, &y)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown field %v", meta.Undecoded()[0])
	}
	if err != nil {
		return y, fmt.Errorf("threats: %w", err)
	}
	return y, nil
}

// Get finds one by its key.
func (y *Year) Get(key string) (Threat, bool) {
	for _, t := range y.Threats {
		if t.Key == key {
			return t, true
		}
	}
	return Threat{}, false
}
