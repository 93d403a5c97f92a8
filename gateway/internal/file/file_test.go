package file

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

var all = [NumDigests]bool{true, true, true}

// heap lends memory that nobody had before.
type heap struct{}

func (heap) Get(n int) []byte { return make([]byte, 0, 2*n) }
func (heap) Put([]byte)       {}

// once lends memory and writes over what comes back.
type once struct{ out int }

func (o *once) Get(n int) []byte { o.out++; return make([]byte, 0, n) }

func (o *once) Put(b []byte) {
	o.out--
	clear(b[:cap(b)])
}

// What somebody looks at while the file grows stays as it was until it is looked at anew; in
// the end all of the memory goes back.
func TestRelease(t *testing.T) {
	t.Parallel()
	var o once
	st := New(&o, true, [NumDigests]bool{})
	st.Write([]byte("first"))
	first := st.Data
	for range 20 {
		st.Write(make([]byte, 700))
	}
	if string(first) != "first" || string(st.Data[:5]) != "first" {
		t.Errorf("%q, %q", first, st.Data[:5])
	}
	if st.Judged(); o.out != 1 || string(st.Data[:5]) != "first" {
		t.Errorf("%d buffers are out of a file that was looked at, %q", o.out, st.Data[:5])
	}
	if st.Release(); o.out > 0 || st.Data != nil {
		t.Errorf("%d buffers are still out", o.out)
	}
	if st.Write([]byte("late")) || st.Data != nil {
		t.Error("bytes are kept after the end")
	}
	st.Release()
}

// The same file in any pieces has the same digests and first bytes.
func TestAnyPieces(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("0123456789abcdef", 10_000)) // longer than what is kept
	m, s1, s2 := md5.Sum(text), sha1.Sum(text), sha256.Sum256(text)
	want := [NumDigests]string{hex.EncodeToString(m[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(s2[:])}
	for _, n := range []int{1, 7, 1460, 65536, len(text)} {
		st := New(heap{}, true, all)
		for rest := text; len(rest) > 0; {
			b := rest[:min(n, len(rest))]
			st.Write(b)
			rest = rest[len(b):]
		}
		st.Close(false)
		if st.Sums != want || !st.Whole() || string(st.Data) != string(text[:MaxData]) {
			t.Errorf("pieces of %d: %v, %d bytes kept", n, st.Sums, len(st.Data))
		}
	}
}

// A file that comes byte by byte is matched seldom enough that the work stays a small
// multiple of its size.
func TestWorkOfMatching(t *testing.T) {
	t.Parallel()
	st, work := New(heap{}, true, [NumDigests]bool{}), 0
	for range 2 * MaxData {
		if st.Write([]byte{'a'}) {
			work += len(st.Data)
			st.Judged()
		}
	}
	if st.judged != MaxData {
		t.Errorf("the last match saw %d bytes, want %d", st.judged, MaxData)
	}
	if work > 6*MaxData {
		t.Errorf("%d bytes were matched for a file of %d", work, MaxData)
	}
}

func TestNotWhole(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*State){
		"cut":     func(st *State) { st.Close(true) },
		"missing": func(st *State) { st.Gap(3); st.Write([]byte("more")); st.Close(false) },
	} {
		st := New(heap{}, true, all)
		st.Write([]byte("abc"))
		change(st)
		if st.Whole() || !st.Closed {
			t.Errorf("%s: taken for whole", name)
		}
		if sum := md5.Sum([]byte("abc")); st.Sums[MD5] != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: MD5 %s is not that of what is there", name, st.Sums[MD5])
		}
	}
}

func TestType(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]string{
		"":               "very short file (no magic)",
		"M":              "very short file (no magic)",
		"%PDF-1.7":       "PDF document",
		"%PDF":           "data",
		"MZ\x90":         "PE32 executable (GUI) Intel 80386, for MS Windows",
		"PK\x03\x04rest": "Zip archive data",
		"hello":          "data",
	} {
		if got := Type([]byte(start)); got != want {
			t.Errorf("%q: %s, want %s", start, got, want)
		}
	}
}
