package feed_test

import (
	"os"
	"path/filepath"
	"testing"

	"otasuke/centre/internal/feed"
)

// FuzzUnpack: whatever a source sends, files stay in their folder, and small.
func FuzzUnpack(f *testing.F) {
	t := new(testing.T)
	f.Add(tarball(t, map[string]string{"../a.rules": "x", "b/c.rules": "y\n#z"}))
	f.Add(zipped(t, map[string]string{"../a.rules": "x", "b/.c": "y"}))
	f.Add([]byte("evil.example\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, data []byte) {
		home := t.TempDir()
		in, dir := filepath.Join(home, "in"), filepath.Join(home, "out")
		must(t, os.WriteFile(in, data, 0o600))
		must(t, os.Mkdir(dir, 0o755))
		file, err := os.Open(in)
		must(t, err)
		defer file.Close()
		_, _ = feed.Unpack(&feed.Source{Name: "a", Kind: "rules", URL: "https://a.example/x"}, file, int64(len(data)), dir)
		all, err := os.ReadDir(home)
		must(t, err)
		if len(all) != 2 {
			t.Fatalf("it left its folder: %v", all)
		}
		var total int64
		all, err = os.ReadDir(dir)
		must(t, err)
		for _, e := range all {
			info, err := e.Info()
			must(t, err)
			if !info.Mode().IsRegular() {
				t.Fatalf("%v", info)
			}
			total += info.Size()
		}
		if total > 2<<20 {
			t.Fatalf("%d bytes", total)
		}
	})
}
