package unpack

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// archive packs entries; the contents of each are its name.
func archive(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, h := range entries {
		text := h.Name
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag != tar.TypeReg {
			text = ""
		}
		h.Size = int64(len(text))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "b")
	in := archive(t, tar.Header{Name: "./", Typeflag: tar.TypeDir}, tar.Header{Name: "./a.rules", Mode: 0o600}, tar.Header{Name: "lists/x/y.lst"}, tar.Header{Name: "otasuke", Mode: 0o4755})
	if err := To(dir, bytes.NewReader(in), nil); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{"a.rules": 0o644, "lists/x/y.lst": 0o644, "otasuke": 0o755} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "lists/x/y.lst")); string(text) != "lists/x/y.lst" {
		t.Errorf("%q", text)
	}
	if err := To(dir, bytes.NewReader(in), nil); err == nil {
		t.Error("a folder that is there already was written into")
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	good := archive(t, tar.Header{Name: "a"}, tar.Header{Name: "b"})
	many := make([]tar.Header, MaxFiles+1)
	for i := range many {
		many[i] = tar.Header{Name: "d/" + strings.Repeat("x", i%150) + string(rune('a'+i/150))}
	}
	var large bytes.Buffer
	z, _ := zstd.NewWriter(&large)
	w := tar.NewWriter(z)
	_ = w.WriteHeader(&tar.Header{Name: "large", Typeflag: tar.TypeReg, Size: MaxBytes + 1})
	_ = z.Close()
	for name, in := range map[string][]byte{
		"nothing":             {},
		"not zstd":            []byte("hello"),
		"cut":                 good[:len(good)-8],
		"no files":            archive(t),
		"only a folder":       archive(t, tar.Header{Name: "a/", Typeflag: tar.TypeDir}),
		"absolute":            archive(t, tar.Header{Name: "/etc/x"}),
		"up":                  archive(t, tar.Header{Name: "../x"}),
		"up and down":         archive(t, tar.Header{Name: "a/../../x"}),
		"not clean":           archive(t, tar.Header{Name: "a//b"}),
		"deep":                archive(t, tar.Header{Name: "a/b/c/d/e"}),
		"long name":           archive(t, tar.Header{Name: strings.Repeat("x", MaxName+1)}),
		"control letter":      archive(t, tar.Header{Name: "a\nb"}),
		"backslash":           archive(t, tar.Header{Name: `a\b`}),
		"symbolic link":       archive(t, tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}),
		"hard link":           archive(t, tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "b"}),
		"device":              archive(t, tar.Header{Name: "a", Typeflag: tar.TypeChar}),
		"pipe":                archive(t, tar.Header{Name: "a", Typeflag: tar.TypeFifo}),
		"twice":               archive(t, tar.Header{Name: "a"}, tar.Header{Name: "a"}),
		"a file as a folder":  archive(t, tar.Header{Name: "a"}, tar.Header{Name: "a/b"}),
		"too many files":      archive(t, many...),
		"more bytes than may": large.Bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer := t.TempDir()
			if err := To(filepath.Join(outer, "b"), bytes.NewReader(in), nil); !errors.Is(err, ErrArchive) {
				t.Errorf("got %v", err)
			}
			if names, _ := os.ReadDir(outer); len(names) > 1 {
				t.Errorf("written outside: %v", names)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, tar.Header{Name: "a/b"}, tar.Header{Name: "c"}))
	f.Add(archive(f, tar.Header{Name: "../b"}))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, in []byte) {
		outer := t.TempDir()
		err := To(filepath.Join(outer, "b"), bytes.NewReader(in), nil)
		names, _ := os.ReadDir(outer)
		if len(names) > 1 || len(names) == 1 && names[0].Name() != "b" {
			t.Errorf("written outside: %v", names)
		}
		if err == nil {
			if names, _ := os.ReadDir(filepath.Join(outer, "b")); len(names) == 0 {
				t.Error("nothing was there and nothing was said")
			}
		}
	})
}
