package value

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
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

// Form says how a list in JSON is built.
type Form struct {
	Lines bool // an object a line, else one document
	// Key leads to the entry within an object, Array to the list of objects within the
	// document; names of members joined by dots. Array may be empty.
	Key, Array string
	Remove     bool // the entry itself is no part of what is told
}

// FillJSON reads a list in JSON. Of two objects for one entry the first counts.
func FillJSON(list *rule.List, text []byte, f Form) error {
	var objects []any
	if f.Lines {
		for line := range bytes.Lines(text) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			var o any
			if err := json.Unmarshal(line, &o); err != nil {
				return fmt.Errorf("%.40q is no JSON: %w", line, err)
			}
			objects = append(objects, o)
		}
	} else {
		var whole any
		if err := json.Unmarshal(text, &whole); err != nil {
			return fmt.Errorf("it is no JSON: %w", err)
		}
		if f.Array != "" {
			whole, _ = member(whole, f.Array, false)
		}
		var ok bool
		if objects, ok = whole.([]any); !ok {
			return errors.New("no array of objects was found; name it with array_key")
		}
	}
	list.About = make(map[string]string, len(objects))
	for _, o := range objects {
		word, ok := member(o, f.Key, f.Remove)
		text, isText := word.(string)
		if !ok {
			continue // an object about something else
		}
		if !isText {
			return fmt.Errorf("an object has no text %s; name the right member with value_key", f.Key)
		}
		key, err := text, error(nil)
		if list.Kind != "string" {
			key, err = Entry(list.Kind, text)
		}
		if err != nil {
			return err
		}
		if _, twice := list.Entries[key]; twice {
			continue
		}
		about, err := json.Marshal(o)
		if err != nil {
			return err
		}
		list.Entries[key], list.About[key] = 0, string(about)
		if len(list.Entries) > maxEntries {
			return fmt.Errorf("more than %d entries", maxEntries)
		}
	}
	return nil
}

// member finds "a.b" in an object, and takes it out.
func member(v any, path string, remove bool) (any, bool) {
	for {
		name, rest, more := strings.Cut(path, ".")
		o, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = o[name]; !ok {
			return nil, false
		}
		if !more {
			if remove {
				delete(o, name)
			}
			return v, true
		}
		path = rest
	}
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
