package feed

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// maxBytes of what a source sends, and of its files together: the largest public lists have a
	// tenth of it.
	maxBytes, maxUnpacked = 256 << 20, 1 << 30
	// maxFiles of a source; rule sets have under a hundred.
	maxFiles = 500
	// fetchTimeout of one source: 256 MiB over a poor line.
	fetchTimeout = 15 * time.Minute
	maxRedirects = 5
	// agent is what sources see of us.
	agent = "otasuke-centre"
)

// errSame tells that a source has nothing new.
var errSame = errors.New("nothing new")

// client asks sources; a redirect never leads out of TLS.
func client(transport http.RoundTripper) *http.Client {
	return &http.Client{Transport: transport, Timeout: fetchTimeout, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects || r.URL.Scheme != "https" {
			return errors.New("it leads on to somewhere without TLS, or in circles")
		}
		return nil
	}}
}

// download writes what a source sends into a file, and notes by which words it can be asked
// whether it has changed.
func download(ctx context.Context, c *http.Client, src *Source, r *row, to *os.File) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, src.URL, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", agent)
	if r.Digest != "" && r.ETag != "" {
		req.Header.Set("If-None-Match", r.ETag)
	} else if r.Digest != "" && r.Modified != "" {
		req.Header.Set("If-Modified-Since", r.Modified)
	}
	resp, err := c.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the address, which is beside it on every page
		}
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified:
		return errSame
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("it answers %s", resp.Status)
	}
	n, err := io.Copy(to, io.LimitReader(resp.Body, maxBytes+1))
	switch {
	case err != nil:
		return err
	case n > maxBytes:
		return fmt.Errorf("it sends over %d MiB", maxBytes>>20)
	case n == 0:
		return errors.New("it sends nothing")
	}
	r.ETag, r.Modified = short(resp.Header.Get("ETag")), short(resp.Header.Get("Last-Modified"))
	return nil
}

// short leaves out what no honest source says.
func short(s string) string {
	if len(s) > 200 {
		return ""
	}
	return s
}

// taker keeps the files of a source that count.
type taker struct {
	src   *Source
	root  *os.Root
	left  int64
	sums  []string // of names and contents
	count int64    // entries
}

// take keeps a file under its own name, without its folder.
func (t *taker) take(name string, in io.Reader) error {
	if strings.Contains(name, "\\") {
		return fmt.Errorf("file %.80q: a name of another system", name)
	}
	if !t.src.counts(name) {
		return nil
	}
	base := path.Base(path.Clean("/" + name))
	if base == "/" || strings.HasPrefix(base, ".") || len(base) > 120 {
		return nil
	}
	if len(t.sums) == maxFiles {
		return fmt.Errorf("over %d files", maxFiles)
	}
	f, err := t.root.OpenFile(base, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("two files are called %s: say in files which one counts", base)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := t.copy(f, sum, in)
	if err != nil {
		return fmt.Errorf("%s: %w", base, err)
	}
	if t.left -= n; t.left < 0 {
		return fmt.Errorf("its files have over %d MiB", maxUnpacked>>20)
	}
	t.sums = append(t.sums, base+" "+hex.EncodeToString(sum.Sum(nil)))
	return errors.Join(f.Sync(), f.Close())
}

// copy copies and counts entries: lines that are no comment.
func (t *taker) copy(f io.Writer, sum hash.Hash, in io.Reader) (n int64, err error) {
	w, r := io.MultiWriter(f, sum), bufio.NewReaderSize(io.LimitReader(in, t.left+1), 64<<10)
	for begin := true; ; {
		line, err := r.ReadSlice('\n')
		if begin && entry(line) {
			t.count++
		}
		begin = err == nil // else the line goes on
		if _, e := w.Write(line); e != nil {
			return n, e
		}
		n += int64(len(line))
		switch {
		case err == io.EOF:
			return n, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return n, err
		}
	}
}

func entry(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && !bytes.ContainsRune([]byte("#!;"), rune(line[0]))
}

func (t *taker) digest() string {
	slices.Sort(t.sums)
	sum := sha256.Sum256([]byte(strings.Join(t.sums, "\n")))
	return hex.EncodeToString(sum[:])
}

// unpack keeps the files of what was downloaded: an archive by its first bytes, else one file.
func (t *taker) unpack(f *os.File, size int64) error {
	var head [512]byte
	n, err := f.ReadAt(head[:], 0)
	if err != nil && err != io.EOF {
		return err
	}
	switch b := head[:n]; {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return t.zip(f, size)
	case bytes.HasPrefix(b, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(f)
		if err != nil {
			return err
		}
		return t.stream(bufio.NewReader(z), strings.TrimSuffix(t.own(), ".gz"))
	}
	return t.stream(bufio.NewReader(f), t.own())
}

// own is the name that the address has for a single file.
func (t *taker) own() string {
	u, err := url.Parse(t.src.URL)
	if err != nil || path.Base(u.Path) == "/" || path.Base(u.Path) == "." {
		return t.src.Name
	}
	return path.Base(u.Path)
}

func (t *taker) stream(in *bufio.Reader, name string) error {
	if b, _ := in.Peek(262); len(b) < 262 || string(b[257:]) != "ustar" {
		one := *t.src
		one.Files = nil // it was asked for by its own address
		t.src = &one
		return t.take(name, in)
	}
	for r := tar.NewReader(io.LimitReader(in, maxUnpacked+maxFiles<<12)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg {
			continue // links lead out, folders are flattened
		}
		if err := t.take(h.Name, r); err != nil {
			return err
		}
	}
}

func (t *taker) zip(f *os.File, size int64) error {
	r, err := zip.NewReader(f, size)
	if err != nil {
		return err
	}
	for _, one := range r.File {
		if !one.Mode().IsRegular() {
			continue
		}
		in, err := one.Open()
		if err != nil {
			return err
		}
		if err := errors.Join(t.take(one.Name, in), in.Close()); err != nil {
			return err
		}
	}
	return nil
}

// local keeps a file or the files of a folder of our own.
func (t *taker) local(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return t.unpack(f, info.Size())
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		f, err := os.Open(filepath.Join(name, e.Name()))
		if err != nil {
			return err
		}
		if err := errors.Join(t.take(e.Name(), f), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
