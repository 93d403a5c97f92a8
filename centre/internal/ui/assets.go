package ui

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
)

//go:embed assets
var assets embed.FS

// Assets is the style sheet and the script of one face, each under a name that
// contains its content's hash, so that browsers may keep them for ever.
type Assets struct {
	root   string
	files  map[string]asset // by name
	style  string
	script string
	// passkey is the script of passkeys, for the few pages that use them.
	passkey string
	// draft is the script that keeps what was written.
	draft string
}

type asset struct {
	kind string
	body []byte
}

// NewAssets joins the common style with a face's own files (styles, then at most
// one script) and the styles of its guests, and serves them below root+"/static/".
func NewAssets(root string, files fs.FS, guests []Guest, script string, styles ...string) (*Assets, error) {
	a := &Assets{root: root, files: map[string]asset{}}
	var css []byte
	for _, name := range []string{"assets/tokens.css", "assets/base.css", "assets/login.css"} {
		b, err := assets.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
		css = append(css, b...)
	}
	for _, name := range styles {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
		css = append(css, b...)
	}
	for _, g := range guests {
		css = append(css, g.Style...)
	}
	a.style = a.add("style", "css", "text/css; charset=utf-8", css)
	if script != "" {
		b, err := fs.ReadFile(files, script)
		if err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
		a.script = a.add("script", "js", "text/javascript; charset=utf-8", b)
	}
	for name, at := range map[string]*string{"passkey": &a.passkey, "draft": &a.draft} {
		b, err := assets.ReadFile("assets/" + name + ".js")
		if err != nil {
			return nil, fmt.Errorf("ui: %w", err)
		}
		*at = a.add(name, "js", "text/javascript; charset=utf-8", b)
	}
	return a, nil
}

func (a *Assets) add(name, ext, kind string, body []byte) string {
	sum := sha256.Sum256(body)
	name = name + "." + hex.EncodeToString(sum[:8]) + "." + ext
	a.files[name] = asset{kind: kind, body: body}
	return a.root + "/static/" + name
}

// ServeHTTP serves one file by the path value "name".
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(f.body)
}
