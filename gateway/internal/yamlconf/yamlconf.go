package yamlconf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Errors.
var (
	ErrFormat = errors.New("yamlconf: not readable as YAML")
	ErrDepth  = errors.New("yamlconf: files include each other too deeply")
	ErrSize   = errors.New("yamlconf: the file is too large")
)

const (
	// maxDepth of includes; real configurations have one or two.
	maxDepth = 8
	// maxSize of one file, bytes; real ones have 100 KiB.
	maxSize = 4 << 20
	// maxOpen brackets within each other; real ones have two or three. The library's time
	// grows with their square.
	maxOpen = 1000
)

// Conf is a configuration. Its zero value is empty.
type Conf struct{ root any }

// Read reads a file and what it includes.
func Read(path string) (*Conf, error) {
	root, err := read(path, 0)
	if err != nil {
		return nil, err
	}
	return &Conf{root}, nil
}

func read(path string, depth int) (map[string]any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: %s", ErrDepth, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("yamlconf: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("yamlconf: %w", err)
	}
	if len(text) > maxSize {
		return nil, fmt.Errorf("%w: %s", ErrSize, path)
	}
	root, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrFormat, path, err)
	}
	var names []string
	switch inc := root["include"].(type) {
	case string:
		names = []string{inc}
	case []any:
		for _, n := range inc {
			names = append(names, fmt.Sprint(n))
		}
	}
	out := map[string]any{}
	for _, name := range names {
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(path), name)
		}
		sub, err := read(name, depth+1)
		if err != nil {
			return nil, err
		}
		for k, v := range sub {
			out[k] = v
		}
	}
	for k, v := range root {
		out[k] = v
	}
	return out, nil
}

func parse(text []byte) (map[string]any, error) {
	// The version line of the old format stands before the document.
	if i := bytes.Index(text, []byte("\n---")); i >= 0 && bytes.HasPrefix(bytes.TrimSpace(text), []byte("%YAML")) {
		_, text, _ = bytes.Cut(text[i+4:], []byte("\n"))
	}
	open := 0
	for _, c := range text {
		switch c {
		case '[', '{':
			open++
		case ']', '}':
			open--
		}
		if open > maxOpen {
			return nil, fmt.Errorf("more than %d brackets within each other", maxOpen)
		}
	}
	root := map[string]any{}
	// A file may give a key twice; the last one counts.
	err := yaml.UnmarshalWithOptions(text, &root, yaml.AllowDuplicateMapKey())
	return root, err
}

// Set changes one setting. Missing parts of the path are made.
func (c *Conf) Set(path, value string) {
	c.root = set(c.root, strings.Split(path, "."), value)
}

func set(node any, path []string, value string) any {
	if len(path) == 0 {
		return value
	}
	if list, ok := node.([]any); ok {
		return setElement(list, path, value)
	}
	m, ok := node.(map[string]any)
	if !ok || m == nil {
		m = map[string]any{}
	}
	m[path[0]] = set(m[path[0]], path[1:], value)
	return m
}

// setElement changes an element of a list, by its number or its name. A name alone becomes
// one with settings.
func setElement(list []any, path []string, value string) []any {
	if i, err := strconv.Atoi(path[0]); err == nil {
		switch {
		case i < 0 || i > len(list) || i >= maxList:
			return list
		case i == len(list):
			list = append(list, nil)
		}
		list[i] = set(list[i], path[1:], value)
		return list
	}
	found := false
	for i, e := range list {
		if e == path[0] {
			list[i], found = map[string]any{path[0]: set(nil, path[1:], value)}, true
			continue
		}
		if m, ok := e.(map[string]any); ok {
			if v, ok := m[path[0]]; ok {
				m[path[0]], found = set(v, path[1:], value), true
			}
		}
	}
	if !found && len(list) < maxList {
		list = append(list, map[string]any{path[0]: set(nil, path[1:], value)})
	}
	return list
}

// maxList bounds the lists that settings make.
const maxList = 1000

// At returns the part at a path, empty when there is none.
func (c *Conf) At(path string) *Conf {
	if c == nil {
		return &Conf{}
	}
	node := c.root
	for _, key := range strings.Split(path, ".") {
		node = step(node, key)
	}
	return &Conf{node}
}

func step(node any, key string) any {
	switch n := node.(type) {
	case map[string]any:
		return n[key]
	case []any:
		if i, err := strconv.Atoi(key); err == nil {
			if i >= 0 && i < len(n) {
				return n[i]
			}
			return nil
		}
		for _, e := range n {
			if e == key {
				return true // a name alone
			}
			if m, ok := e.(map[string]any); ok {
				if v, ok := m[key]; ok {
					if v == nil {
						return true
					}
					return v
				}
			}
		}
	}
	return nil
}

// Exists tells whether anything stands here.
func (c *Conf) Exists() bool { return c != nil && c.root != nil }

// String returns the value as text, or def.
func (c *Conf) String(def string) string {
	switch v := c.value().(type) {
	case nil, map[string]any, []any:
		return def
	default:
		return fmt.Sprint(v)
	}
}

func (c *Conf) value() any {
	if c == nil {
		return nil
	}
	return c.root
}

// Bool returns the value as a switch, or def.
func (c *Conf) Bool(def bool) bool {
	switch strings.ToLower(c.String("")) {
	case "yes", "true", "on", "1":
		return true
	case "no", "false", "off", "0":
		return false
	}
	return def
}

// Size returns the value in bytes ("100 KiB", "1mb", "4096"), or def.
func (c *Conf) Size(def int64) int64 {
	text := strings.ToLower(strings.ReplaceAll(c.String(""), " ", ""))
	unit := int64(1)
	for _, u := range []struct {
		name string
		n    int64
	}{{"kib", 1 << 10}, {"kb", 1 << 10}, {"mib", 1 << 20}, {"mb", 1 << 20}, {"gib", 1 << 30}, {"gb", 1 << 30}, {"b", 1}} {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			text, unit = rest, u.n
			break
		}
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil || n < 0 || n > 1<<62/unit {
		return def
	}
	return n * unit
}

// Keys are the names directly below, of a map in no order, of a list in its order: the
// names of its elements that have one.
func (c *Conf) Keys() (keys []string) {
	switch n := c.value().(type) {
	case map[string]any:
		for k := range n {
			keys = append(keys, k)
		}
	case []any:
		for _, e := range n {
			switch e := e.(type) {
			case string:
				keys = append(keys, e)
			case map[string]any:
				for k := range e {
					keys = append(keys, k)
				}
			}
		}
	}
	return keys
}

// List returns the elements of a list; a text alone is a list of one.
func (c *Conf) List() (list []*Conf) {
	switch n := c.value().(type) {
	case nil:
	case []any:
		for _, e := range n {
			list = append(list, &Conf{e})
		}
	case map[string]any:
		for _, e := range n {
			list = append(list, &Conf{e})
		}
	default:
		list = append(list, c)
	}
	return list
}
