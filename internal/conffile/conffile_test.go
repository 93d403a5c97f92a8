package conffile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRead(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"whole", "name = \"a\"\nevery = \"90s\"", ""},
		{"unknown key", "nmae = \"a\"", `unknown key "nmae"`},
		{"not TOML", "name = ", "line 1"},
		{"wrong type", "name = 3", "name"},
		{"bad duration", "every = \"soon\"", "soon"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "c.toml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var v struct {
				Name  string        `toml:"name"`
				Every time.Duration `toml:"every"`
			}
			err := Read(path, &v)
			switch {
			case c.says == "" && (err != nil || v.Name != "a" || v.Every != 90*time.Second):
				t.Errorf("%+v, %v", v, err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path)):
				t.Errorf("error %v does not name the file and %q", err, c.says)
			}
		})
	}
	if err := Read("/does/not/exist", &struct{}{}); err == nil || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("missing file: %v", err)
	}
}
