package ui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"otasuke/centre/internal/tenant"
)

// Host is a face that takes pages of other rooms in.
type Host struct {
	Gate *Gate
	// Begin fills in what every page of somebody logged in shows.
	Begin func(v *Visit, title, here string) (Base, error)
	Root  string   // path of the face
	Base  *url.URL // of the face
	Staff bool     // the face is the staff's
}

// Entry is one of a menu, shown to those whom its scope lets in.
type Entry struct {
	Key, Path string
	Scope     Scope
}

// Guest is the pages of a room that a face takes in.
type Guest struct {
	Style []byte
	Menu  []Entry
	Join  func(h Host, r *Router) error
}

// Menu is entries as navigation, for a role.
func Menu(v *Visit, root, here string, role tenant.Role, entries []Entry) (all []NavItem) {
	for _, e := range entries {
		if e.Scope.Allows(role) {
			all = append(all, NavItem{Label: v.T(e.Key), URL: root + e.Path, Current: e.Path == here})
		}
	}
	return all
}

// Welcome adds the pages of guests to a face.
func Welcome(guests []Guest, h Host, r *Router) error {
	for _, g := range guests {
		if err := g.Join(h, r); err != nil {
			return err
		}
	}
	return nil
}

// Entries are those of guests.
func Entries(guests []Guest) (all []Entry) {
	for _, g := range guests {
		all = append(all, g.Menu...)
	}
	return all
}

// To sends a browser on after a form.
func To(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// Fold keeps the entries that are needed daily, in that order, and folds the rest away.
func Fold(all []NavItem, root string, daily []string) (often, more []NavItem) {
	for _, path := range daily {
		for _, n := range all {
			if n.URL == root+path {
				often = append(often, n)
			}
		}
	}
	for _, n := range all {
		if !slices.Contains(daily, strings.TrimPrefix(n.URL, root)) {
			more = append(more, n)
		}
	}
	return often, more
}
