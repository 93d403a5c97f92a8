package gateway

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"otasuke/wire"
)

// A disk that the kernel lets nobody write to any more, as worn-out ones end, costs the office no protection: what is found
// is kept in memory as long as the box runs.
func TestDiskThatIsReadOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("no such disk here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	var said strings.Builder
	cfg := Config{StateDir: dir, Ports: []string{"", ""}, Log: slog.New(slog.NewTextHandler(&said, nil))}
	if err := cfg.Complete(); err != nil {
		t.Fatal(err)
	}
	b, err := New(cfg)
	if err != nil {
		t.Fatal("the box does not begin: ", err)
	}
	t.Cleanup(func() {
		b.journal.Close()
		_ = os.RemoveAll(filepath.Join("/dev/shm", strings.ReplaceAll(dir, "/", "-")))
	})
	if err := b.keep([][]byte{alert(1)}); err != nil || !strings.Contains(said.String(), "read-only") {
		t.Errorf("%v: %s", err, said.String())
	}
	if p := b.report().Parts["journal"]; p != wire.StateDown {
		t.Errorf("the desk hears that its disk is %q", p)
	}
	if got, err := b.journal.Read(10); err != nil || len(got) != 1 {
		t.Errorf("%d records, %v", len(got), err)
	}
}
