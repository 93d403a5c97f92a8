package literal

import (
	"io/fs"
	"os"
	"syscall"
)

// ours tells that nobody but our user, or root, can have written a file.
func ours(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode().IsRegular() && info.Mode().Perm()&0o022 == 0 && (st.Uid == uint32(os.Geteuid()) || st.Uid == 0)
}
