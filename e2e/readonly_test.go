package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"otasuke/e2e/lab"
)

// A box whose disk is worn out, and that the kernel lets nobody write to any more, protects the office as before, also when
// it is switched off and on.
func TestReadOnlyDisk(t *testing.T) {
	l := newLab(t)
	serveAll(t, l.Internet)
	b := startIn(t, l, pathRules, pathLists, func(dir string) []string {
		t.Cleanup(func() { _ = os.RemoveAll(filepath.Join("/dev/shm", strings.ReplaceAll(dir, "/", "-"))) })
		return []string{"unshare", "-m", "sh", "-c", `mount -t tmpfs -o ro tmpfs "$0" && exec "$@"`, dir}
	})
	inspected(t, l.PC1, lab.Router)
	b.log.await(t, "findings are kept in memory", 1)
}
