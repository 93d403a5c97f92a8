package attach

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/internal/entry"
)

//go:embed migrate
var migrations embed.FS

// Schema is the tables of files; they point to those of tenant.
func Schema() store.Schema { return store.Sub("attach", migrations) }

// Limits.
const (
	// MaxSize of a file in bytes: a photo of a telephone with 50 megapixels, or a scan of some pages.
	MaxSize = 20 << 20
	// transferTime of files over a poor mobile line, on which MaxSize takes eleven minutes (256 kbit/s). Pages have far less.
	transferTime = 15 * time.Minute
	// part is how much of a file lies in one row: as much as a database moves at once without noticing.
	part = 256 << 10
	// maxName in characters.
	maxName = 100
	// maxEnding of a name in bytes, with its dot: ".numbers", ".パワポ" and the like.
	maxEnding = 12
)

// Errors say what is wrong with a file.
var (
	ErrEmpty = errors.New("attach: no file")
	ErrLarge = errors.New("attach: file is too large")
	ErrKind  = errors.New("attach: not a kind of file that is asked for")
)

// Kinds of files, with how their names end.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
	PDF  = "application/pdf"
	// Other is any other file; it is never shown in a browser, only handed out.
	Other = "application/octet-stream"
)

var endings = map[string]string{JPEG: ".jpg", PNG: ".png", PDF: ".pdf"}

// Papers are what a signed form may come back as.
var Papers = []string{JPEG, PNG, PDF}

// File is one that is kept.
type File struct {
	ID, Name, Kind, Sum, By string
	Size                    int64
	At                      time.Time
}

// Upload is a file that was read and found fit.
type Upload struct {
	File
	data []byte
}

// Check reads a file of at most [MaxSize] bytes and says whether it is of one of kinds, by its bytes and whatever its
// name says.
func Check(name string, r io.Reader, kinds ...string) (Upload, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	switch {
	case err != nil:
		return Upload{}, err
	case len(data) == 0:
		return Upload{}, ErrEmpty
	case len(data) > MaxSize:
		return Upload{}, ErrLarge
	}
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(data))
	if !slices.Contains(kinds, kind) {
		if kind = Other; !slices.Contains(kinds, Other) {
			return Upload{}, ErrKind
		}
	}
	sum := sha256.Sum256(data)
	return Upload{File{ID: rand.Text(), Name: clean(name, kind), Kind: kind, Size: int64(len(data)), Sum: hex.EncodeToString(sum[:])}, data}, nil
}

// clean is a name without folders and without what a file system or a spreadsheet takes for more than a name, that ends as
// its kind does.
func clean(name, kind string) string {
	name, err := entry.Line(path.Base(strings.ReplaceAll(name, `\`, "/")), maxName)
	if err != nil {
		name = ""
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*%`, r) {
			return '_'
		}
		return r
	}, name)
	end := endings[kind]
	if ext := path.Ext(name); kind == Other && len(ext) <= maxEnding {
		end = ext
	}
	name = strings.TrimLeft(strings.TrimSuffix(name, path.Ext(name)), ".=+-@ ")
	if name == "" {
		name = "file"
	}
	return name + end
}

// Data is what is in the file.
func (u *Upload) Data() []byte { return u.data }

// Put keeps a file of the transaction's company; who sent it.
func Put(tx *store.Tx, u *Upload, by string, at time.Time) error {
	u.By, u.At = by, at
	if err := insert(tx, &u.File); err != nil {
		return err
	}
	seq := 0
	for piece := range slices.Chunk(u.data, part) {
		if err := insertPart(tx, u.ID, seq, piece); err != nil {
			return err
		}
		seq++
	}
	return nil
}

// Get gives a file and its bytes, or [store.ErrNotFound].
func Get(tx *store.Tx, id string) (f File, data []byte, err error) {
	if f, err = selectOne(tx, id); err != nil {
		return f, nil, err
	}
	data, err = selectParts(tx, id, f.Size)
	if err != nil {
		return f, nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != f.Sum {
		return f, nil, fmt.Errorf("attach: file %s is damaged", id)
	}
	return f, data, nil
}

// Drop deletes a file; one that is not there is no error.
func Drop(tx *store.Tx, id string) error { return drop(tx, id) }

// Headers are those with which a file is shown: a browser takes it for what it is, and runs nothing in it.
func (f *File) Headers(h http.Header) {
	h.Set("Content-Type", f.Kind)
	how := "inline"
	if f.Kind == Other {
		how = "attachment"
	}
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
}

// Patient lets a request that carries files, and its answer, take the time that a poor line needs.
func Patient(w http.ResponseWriter) {
	c, end := http.NewResponseController(w), time.Now().Add(transferTime) // the network's clock
	_ = c.SetReadDeadline(end)                                            // a recorder of tests has none
	_ = c.SetWriteDeadline(end)
}

// Serve shows a file.
func (f *File) Serve(w http.ResponseWriter, r *http.Request, data []byte) {
	Patient(w)
	f.Headers(w.Header())
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// Again keeps a file of another company as it is, with its id, in the transaction's company: for what is moved.
func Again(tx *store.Tx, f File, data []byte) error { return Put(tx, &Upload{f, data}, f.By, f.At) }
