package capture

import (
	"bufio"
	"os"
)

// IsCapture tells whether a file begins like one that [File] reads.
func IsCapture(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	_, _, err = open(bufio.NewReader(f))
	return err == nil
}
