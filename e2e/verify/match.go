package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// check counts the events that fit.
func (f *filter) check(events []map[string]any) error {
	if f.Filename != "" && f.Filename != "eve.json" {
		return fmt.Errorf("%w: it looks at %s", ErrNotRun, f.Filename)
	}
	if !meant(f.Requires) {
		return nil
	}
	want, err := strconv.Atoi(fmt.Sprint(f.Count))
	if err != nil {
		return fmt.Errorf("%w: count %v", ErrNotRun, f.Count)
	}
	got := 0
	for _, e := range events {
		if f.fits(e) {
			got++
		}
	}
	if got != want {
		return fmt.Errorf("%d events, want %d of %v%s", got, want, f.Match, f.nearest(events))
	}
	return nil
}

// nearest tells what the event that fits best does not have.
func (f *filter) nearest(events []map[string]any) string {
	best, least := "", len(f.Match)
	for _, e := range events {
		var wrong []string
		for key, want := range f.Match {
			if !fits(e, key, want) {
				wrong = append(wrong, key)
			}
		}
		if len(wrong) > 0 && len(wrong) < least {
			slices.Sort(wrong)
			best, least = " (nearest lacks "+strings.Join(wrong, ", ")+")", len(wrong)
		}
	}
	return best
}

// meant tells whether a check is for our version of the language.
func meant(requires map[string]any) bool {
	for key, v := range requires {
		switch key {
		case "min-version":
			if compare(fmt.Sprint(v)) < 0 {
				return false
			}
		case "lt-version":
			if compare(fmt.Sprint(v)) >= 0 {
				return false
			}
		case "gt-version":
			if compare(fmt.Sprint(v)) <= 0 {
				return false
			}
		case "version":
			if compare(fmt.Sprint(v)) != 0 {
				return false
			}
		}
	}
	return true
}

// compare compares [Version] with text.
func compare(text string) int {
	parts := strings.Split(text, ".")
	for i := range Version {
		n := 0
		if i < len(parts) {
			n, _ = strconv.Atoi(strings.TrimSpace(parts[i]))
		}
		if Version[i] != n {
			return Version[i] - n
		}
		if i == len(parts)-1 {
			break // "8" is every version 8
		}
	}
	return 0
}

// fits tells whether an event has everything that the filter asks for.
func (f *filter) fits(e map[string]any) bool {
	for key, want := range f.Match {
		if !fits(e, key, want) {
			return false
		}
	}
	return true
}

func fits(e map[string]any, key string, want any) bool {
	switch key {
	case "has-key":
		return at(e, fmt.Sprint(want)) != nil
	case "not-has-key":
		return at(e, fmt.Sprint(want)) == nil
	}
	path, op, _ := strings.Cut(key, "__")
	got := at(e, strings.TrimSuffix(path, "."))
	text := fmt.Sprint(want)
	switch op {
	case "":
		return got != nil && same(got, want)
	case "len":
		n := -1
		switch v := got.(type) {
		case []any:
			n = len(v)
		case string:
			n = len(v)
		case map[string]any:
			n = len(v)
		}
		return strconv.Itoa(n) == text
	case "startswith":
		return got != nil && strings.HasPrefix(fmt.Sprint(got), text)
	case "endswith":
		return got != nil && strings.HasSuffix(fmt.Sprint(got), text)
	case "find", "contains":
		if list, ok := got.([]any); ok {
			for _, v := range list {
				if same(v, want) {
					return true
				}
			}
			return false
		}
		return got != nil && strings.Contains(fmt.Sprint(got), text)
	}
	return false
}

// at finds "a.b[1].c" in an event.
func at(e any, path string) any {
	for _, name := range strings.Split(path, ".") {
		name, indexes, _ := strings.Cut(name, "[")
		m, ok := e.(map[string]any)
		if !ok {
			return nil
		}
		e = m[name]
		for indexes != "" {
			var index string
			index, indexes, _ = strings.Cut(indexes, "]")
			indexes = strings.TrimPrefix(indexes, "[")
			i, err := strconv.Atoi(index)
			list, ok := e.([]any)
			if err != nil || !ok || i >= len(list) || i < -len(list) {
				return nil
			}
			if i < 0 {
				i += len(list)
			}
			e = list[i]
		}
	}
	return e
}

// same compares a value of an event with one of a case, whose YAML knows more types.
func same(got, want any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for k, v := range w {
			if !same(g[k], v) {
				return false
			}
		}
		return true
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return false
		}
		for i := range w {
			if !same(g[i], w[i]) {
				return false
			}
		}
		return true
	}
	g, w := fmt.Sprint(got), fmt.Sprint(want)
	if g == w {
		return true
	}
	a, err1 := strconv.ParseFloat(g, 64)
	b, err2 := strconv.ParseFloat(w, 64)
	_, text := got.(string)
	return err1 == nil && err2 == nil && a == b && !text
}
