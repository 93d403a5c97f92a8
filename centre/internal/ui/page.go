package ui

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/tenant"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// Base is what the layout shows around every page; page structs embed it.
type Base struct {
	text.Texts
	Title  string
	Site   string // name of the face
	Owner  string // whose page it is: the company, or the face
	Root   string // path of the face, "" or "/console"
	Path   string // of this request, for the way back
	Style  string // URL of the style sheet
	Script string // URL of the script, "" for none
	// PasskeyScript is the URL of the script of passkeys, "" for pages without; PasskeyOffer has somebody hear of them.
	PasskeyScript string
	PasskeyOffer  bool
	// DraftScript is the URL of the script that keeps what was written and has not arrived; DraftOf is the person that
	// it belongs to, Failed that what was sent has not been taken.
	DraftScript string
	DraftOf     string
	Failed      bool
	Nav         []NavItem
	Folded      []NavItem // entries that are not needed every day, folded away
	CSRF        string    // form token, "" without a session
	// Account: somebody is logged in, wholly.
	Account bool
	Flash   *Flash
	Phone   string
	Hours   string
	Printed string // when the page was made, for paper
}

// Lang is the language of the page: "ja" or "en".
func (b Base) Lang() string { return b.Texts.Lang() }

// OtherLang is the language that the switch leads to.
func (b Base) OtherLang() string {
	if b.Lang() == ja.English {
		return ja.Japanese
	}
	return ja.English
}

// FoldedHere is the folded entry that the page belongs to, "" for none of them.
func (b Base) FoldedHere() string {
	for _, n := range b.Folded {
		if n.Current {
			return n.Label
		}
	}
	return ""
}

// NavItem is one entry of the menu.
type NavItem struct {
	Label, URL string
	Current    bool
}

// Flash is a message at the head of a page, about what was just done.
type Flash struct {
	Text string
	Bad  bool
}

// Keys of the words for a role, and for what it may: the role follows.
const (
	roleKey = "login.role_"
	mayKey  = "login.may_"
)

// RoleWord is what a role is called.
func RoleWord(t text.Texts, r tenant.Role) string { return t.T(roleKey + string(r)) }

// MayWord says what a role may do.
func MayWord(t text.Texts, r tenant.Role) string { return t.T(mayKey + string(r)) }

// Stars is the importance as a badge: words and signs, never the signs alone.
type Stars struct {
	N    int
	Text string
}

// NewStars makes the badge.
func NewStars(t text.Texts, s alert.Stars) Stars {
	keys := [...]string{"alert.stars_1", "alert.stars_1", "alert.stars_2", "alert.stars_3"}
	n := min(max(int(s), 1), 3)
	return Stars{N: n, Text: t.T(keys[n])}
}

// Tone is the colour and shape of a state; its words go with it.
type Tone string

// Tones.
const (
	Good  Tone = "good"
	Care  Tone = "care"
	Alarm Tone = "alarm"
	Off   Tone = "off"
)

// State is a lamp with its words.
type State struct {
	Tone Tone
	Text string
}

// Page is one parsed page: the layout with the page's own "main".
type Page struct{ tmpl *template.Template }

// ParsePage reads a page from a face's files and joins it with the layout.
func ParsePage(files fs.FS, names ...string) (*Page, error) {
	t, err := template.New("page").ParseFS(assets, "assets/base.html", "assets/form.html")
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	if t, err = t.ParseFS(files, names...); err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	return &Page{tmpl: t.Lookup("base")}, nil
}

// ParseBare reads a page that has no frame of ours: its files define "bare".
func ParseBare(files fs.FS, names ...string) (*Page, error) {
	t, err := template.New("bare").ParseFS(files, names...)
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	return &Page{tmpl: t.Lookup("bare")}, nil
}

// Template is for the type check in tests.
func (p *Page) Template() *template.Template { return p.tmpl }

// Render writes the page; nothing is sent when the template fails.
func (p *Page) Render(w http.ResponseWriter, status int, data any) error {
	var b strings.Builder
	if err := p.tmpl.Execute(&b, data); err != nil {
		return fmt.Errorf("ui: render: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := io.WriteString(w, b.String())
	return err
}
