package evefile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxNamed rules are named of those that have blocked something.
const maxNamed = 5

// Blocked counts, in all files of records below a folder, the alerts of what was blocked, and names the first rules.
func Blocked(dir string) (n int, first string, err error) {
	var named []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for lines := json.NewDecoder(bufio.NewReader(f)); lines.More(); {
			var r struct {
				Alert struct {
					Action    string `json:"action"`
					ID        uint32 `json:"signature_id"`
					Signature string `json:"signature"`
				} `json:"alert"`
			}
			if err := lines.Decode(&r); err != nil {
				return err
			}
			if r.Alert.Action == "blocked" {
				if n++; n <= maxNamed {
					named = append(named, fmt.Sprintf("%d %.100q", r.Alert.ID, r.Alert.Signature))
				}
			}
		}
		return nil
	})
	return n, strings.Join(named, "; "), err
}
