package cover_test

import (
	"os"
	"testing"

	"otasuke/content/cover"
)

// A provider begins with what is built in, and its own insurer.
func TestBegin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := cover.Begin(dir, `みほん"損保`); err != nil {
		t.Fatal(err)
	}
	own, err := cover.Read(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	built, err := cover.Load()
	if err != nil || len(own) != len(built) {
		t.Fatalf("%d of %d versions, %v", len(own), len(built), err)
	}
	for i := range own {
		if own[i].Insurer != `みほん"損保` || own[i].Yen != built[i].Yen || built[i].Insurer != "" {
			t.Errorf("%+v", own[i])
		}
	}
}
