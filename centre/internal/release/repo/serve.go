package repo

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"otasuke/wire"
)

// Names that are served, and nothing else: no dots, no slashes but these.
var (
	targetName   = regexp.MustCompile(`^[a-z]{1,20}/(?:[a-z0-9]{1,16}-[a-z0-9]{1,16}/)?[1-9][0-9]{0,18}\.tar\.zst$`)
	metadataFile = regexp.MustCompile(`^(?:timestamp|[1-9][0-9]{0,18}\.(?:root|targets|snapshot|content|program))\.json$`)
	targetFile   = regexp.MustCompile(`^[a-z]{1,20}/(?:[a-z0-9]{1,16}-[a-z0-9]{1,16}/)?[0-9a-f]{64}\.[1-9][0-9]{0,18}\.tar\.zst$`)
)

// ServeHTTP serves metadata and targets under the paths of package wire, with ranges.
func (r *Repo) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path := ""
	if name, ok := strings.CutPrefix(req.URL.Path, wire.PathBundleMetadata); ok && metadataFile.MatchString(name) {
		path = r.metadata(name)
	}
	if name, ok := strings.CutPrefix(req.URL.Path, wire.PathBundleTargets); ok && targetFile.MatchString(name) {
		path = filepath.Join(r.dir, "targets", filepath.FromSlash(name))
	}
	f, err := os.Open(path)
	if path == "" || err != nil {
		http.Error(w, "there is no such bundle", http.StatusNotFound)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		http.Error(w, "there is no such bundle", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	http.ServeContent(w, req, "", info.ModTime(), f)
}
