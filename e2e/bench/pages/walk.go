package pages

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const (
	// maxAlike pages that differ in a number only: three alerts say as much as three hundred.
	maxAlike = 3
	// maxPages bounds a walk that would not end.
	maxPages = 1000
)

var errFew = errors.New("hardly a page was found: is the login right?")

// walk is every page that links lead to from the first one, by paths with queries.
func (v *visitor) walk(ctx context.Context) (found []string, err error) {
	seen, alike := map[string]bool{"/": true}, map[string]int{}
	for todo := []string{"/"}; len(todo) > 0 && len(found) < maxPages; todo = todo[1:] {
		text, _, ok, err := v.get(ctx, todo[0])
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		found = append(found, todo[0])
		for _, next := range links(todo[0], text) {
			if k := kind(next); !seen[next] && alike[k] < maxAlike {
				seen[next] = true
				alike[k]++
				todo = append(todo, next)
			}
		}
	}
	if len(found) < 10 {
		return found, errFew
	}
	return found, nil
}

var number = regexp.MustCompile(`[0-9a-zA-Z_-]*[0-9][0-9a-zA-Z_-]*`)

// kind is what a page has in common with others of its kind: its path without numbers, and the names of its query.
func kind(address string) string {
	p, query, _ := strings.Cut(address, "?")
	values, _ := url.ParseQuery(query)
	names := make([]string, 0, len(values))
	for n := range values {
		names = append(names, n)
	}
	slices.Sort(names)
	return number.ReplaceAllString(p, "*") + "?" + strings.Join(names, "&")
}

// links of a page at the same server, without those that are downloads by their names or their word for it.
func links(from string, text []byte) (out []string) {
	base, err := url.Parse(from)
	if err != nil {
		return nil
	}
	z := html.NewTokenizer(bytes.NewReader(text))
	for t := z.Next(); t != html.ErrorToken; t = z.Next() {
		token := z.Token()
		if t != html.StartTagToken || token.Data != "a" || slices.ContainsFunc(token.Attr, func(a html.Attribute) bool { return a.Key == "download" }) {
			continue
		}
		for _, a := range token.Attr {
			if a.Key != "href" {
				continue
			}
			to, err := base.Parse(a.Val)
			if err == nil && to.Scheme == "" && to.Host == "" && path.Ext(to.Path) == "" {
				out = append(out, (&url.URL{Path: to.Path, RawQuery: to.RawQuery}).String())
			}
		}
	}
	return out
}
