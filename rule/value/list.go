package value

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"otasuke/rule"
	"strconv"
	"strings"
)

// maxEntries bounds a list that rules load: the largest public ones have a million.
const maxEntries = 4 << 20

// Fill reads the lines of a list: an Entry and perhaps a reputation.
func Fill(list *rule.List, text []byte) error {
	for n, line := range bytes.Split(text, []byte("\n")) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		word, rep, _ := strings.Cut(string(line), ",")
		key, err := Entry(list.Kind, strings.TrimSpace(word))
		if err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		var reputation int64
		if rep = strings.TrimSpace(rep); rep != "" {
			if reputation, err = strconv.ParseInt(rep, 10, 32); err != nil {
				return fmt.Errorf("line %d: %q is not a reputation; write a number behind the comma", n+1, rep)
			}
		}
		if list.Entries[key] = reputation; len(list.Entries) > maxEntries {
			return fmt.Errorf("more than %d entries", maxEntries)
		}
	}
	return nil
}

// Entry turns a word of a list into the form of the buffer.
func Entry(kind, word string) (string, error) {
	switch kind {
	case "string":
		b, err := base64.StdEncoding.DecodeString(word)
		if err != nil {
			return "", fmt.Errorf("%q is not base64, in which entries of type string are written", word)
		}
		return string(b), nil
	case "md5", "sha1", "sha256":
		b, err := hex.DecodeString(word)
		if size := map[string]int{"md5": 16, "sha1": 20, "sha256": 32}[kind]; err != nil || len(b) != size {
			return "", fmt.Errorf("%q is not a digest of type %s", word, kind)
		}
		return string(b), nil
	}
	a, err := netip.ParseAddr(word)
	if err != nil || a.Zone() != "" {
		return "", fmt.Errorf("%q is not an address", word)
	}
	if kind == "ipv4" && !a.Is4() {
		return "", fmt.Errorf("%q is not an IPv4 address", word)
	}
	return string(a.Unmap().AsSlice()), nil
}
