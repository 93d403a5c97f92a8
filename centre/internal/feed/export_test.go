package feed

import "os"

// Unpack keeps the files of what was downloaded in a folder.
func Unpack(src *Source, f *os.File, size int64, dir string) (n int, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	t := taker{src: src, root: root, left: 1 << 20}
	err = t.unpack(f, size)
	return len(t.sums), err
}
