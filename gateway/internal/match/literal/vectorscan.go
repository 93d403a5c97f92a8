//go:build cgo

package literal

/*
#cgo pkg-config: libhs
#include <stdlib.h>
#include <string.h>
#include <hs.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// Version 5.4.9 of the library misses what stands in the last bytes of its data when it
// has few patterns: those are given a copy with bytes behind it.
#define PADDING 64

#cgo noescape otasuke_scan
#cgo nocallback otasuke_scan

struct found { unsigned int n, cap; unsigned int *ids; unsigned long long len; char *copy; };

static int on_match(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *ctx) {
	struct found *f = ctx;
	if (to <= f->len && f->n < f->cap) f->ids[f->n++] = id;
	return 0;
}

static void otasuke_trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

static int otasuke_scan(hs_database_t *db, hs_scratch_t *scratch, const unsigned char *data, unsigned int len, struct found *f, int padded) {
	f->n = 0;
	f->len = len;
	if (padded) {
		memcpy(f->copy, data, len);
		memset(f->copy + len, 0, PADDING);
		return hs_scan(db, f->copy, len + PADDING, 0, scratch, on_match, f);
	}
	return hs_scan(db, data, len, 0, scratch, on_match, f);
}
*/
import "C"

import (
	"fmt"
	"slices"
	"unsafe"
)

// Engine names the implementation, for reports.
const Engine = "vectorscan"

// Trim gives memory that compiling has left back to the system.
func Trim() { C.otasuke_trim() }

// DB is a compiled set of patterns.
type DB struct {
	hs      *C.hs_database_t
	grams   *grams   // for short data
	numbers []uint32 // of patterns; nil for their places
}

// cArrays are patterns laid out in C memory.
type cArrays struct {
	text  unsafe.Pointer
	ptrs  []*C.char
	lens  []C.size_t
	flags []C.uint
	ids   []C.uint
}

// newArrays lays them out, and says how they are freed. Memory of C that Go writes pointers into must be zero before: the
// collector looks at what a pointer takes the place of, and ends the program where that looks like one of Go (cgo, "Passing
// pointers").
func newArrays(patterns []Pattern) (*cArrays, func()) {
	n, total := len(patterns), 0
	for _, p := range patterns {
		total += len(p.Bytes)
	}
	wide := C.size_t(n)
	text := C.malloc(C.size_t(total))
	ptrs := C.calloc(wide, C.size_t(unsafe.Sizeof(uintptr(0))))
	lens := C.malloc(wide * C.sizeof_size_t)
	flags := C.malloc(wide * C.sizeof_uint)
	ids := C.malloc(wide * C.sizeof_uint)
	a := &cArrays{
		text: text, ptrs: unsafe.Slice((**C.char)(ptrs), n), lens: unsafe.Slice((*C.size_t)(lens), n),
		flags: unsafe.Slice((*C.uint)(flags), n), ids: unsafe.Slice((*C.uint)(ids), n),
	}
	at, all := 0, unsafe.Slice((*byte)(text), total)
	for i, p := range patterns {
		a.ptrs[i] = (*C.char)(unsafe.Pointer(&all[at]))
		at += copy(all[at:], p.Bytes)
		a.lens[i], a.ids[i] = C.size_t(len(p.Bytes)), C.uint(i)
		a.flags[i] = C.HS_FLAG_SINGLEMATCH
		if p.Nocase {
			a.flags[i] |= C.HS_FLAG_CASELESS
		}
	}
	return a, func() {
		for _, p := range []unsafe.Pointer{text, ptrs, lens, flags, ids} {
			C.free(p)
		}
	}
}

// Compile builds the database. The number reported for a pattern is its index.
func Compile(patterns []Pattern) (*DB, error) {
	if err := check(patterns); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(patterns, func(p Pattern) bool { return p.Bytes[0] == 0 }) {
		return compileEscaped(patterns)
	}
	a, free := newArrays(patterns)
	defer free()
	var db *C.hs_database_t
	var cerr *C.hs_compile_error_t
	rc := C.hs_compile_lit_multi(&a.ptrs[0], &a.flags[0], &a.ids[0], &a.lens[0], C.uint(len(patterns)),
		C.HS_MODE_BLOCK, nil, &db, &cerr)
	return newDB(rc, db, cerr, patterns)
}

// compileEscaped goes through the expression compiler with every byte written
// as hexadecimal, because the literal one takes a leading zero byte for the end.
func compileEscaped(patterns []Pattern) (*DB, error) {
	escaped := make([]Pattern, len(patterns))
	for i, p := range patterns {
		var text []byte
		for _, c := range p.Bytes {
			text = fmt.Appendf(text, `\x%02x`, c)
		}
		escaped[i] = Pattern{append(text, 0), p.Nocase}
	}
	a, free := newArrays(escaped)
	defer free()
	var db *C.hs_database_t
	var cerr *C.hs_compile_error_t
	rc := C.hs_compile_multi(&a.ptrs[0], &a.flags[0], &a.ids[0], C.uint(len(patterns)), C.HS_MODE_BLOCK, nil, &db, &cerr)
	return newDB(rc, db, cerr, patterns)
}

func newDB(rc C.hs_error_t, db *C.hs_database_t, cerr *C.hs_compile_error_t, patterns []Pattern) (*DB, error) {
	if rc != C.HS_SUCCESS {
		defer C.hs_free_compile_error(cerr)
		return nil, fmt.Errorf("literal: vectorscan refuses pattern %d: %s", int(cerr.expression), C.GoString(cerr.message))
	}
	return &DB{hs: db, grams: newGrams(patterns)}, nil
}

// Close frees the database; no scan may run or follow.
func (db *DB) Close() {
	if db.hs != nil {
		C.hs_free_database(db.hs)
		db.hs = nil
	}
}

// Size is the memory of the database in bytes.
func (db *DB) Size() int {
	var n C.size_t
	C.hs_database_size(db.hs, &n)
	return int(n) + db.grams.size()
}

const serializes = true

// platform names what compiled databases depend on besides patterns: the library's version
// and the processor that they are made for.
func platform() string {
	var p C.hs_platform_info_t
	C.hs_populate_platform(&p)
	return fmt.Sprintf("%s 3 %s %d %d", Engine, C.GoString(C.hs_version()), p.tune, p.cpu_features)
}

// serialize returns the database as bytes for [deserialize].
func (db *DB) serialize() ([]byte, error) {
	var b *C.char
	var n C.size_t
	if rc := C.hs_serialize_database(db.hs, &b, &n); rc != C.HS_SUCCESS {
		return nil, fmt.Errorf("literal: vectorscan cannot write a database: error %d", int(rc))
	}
	defer C.free(unsafe.Pointer(b))
	return C.GoBytes(unsafe.Pointer(b), C.int(n)), nil
}

// deserialize reads a database of patterns that serialize wrote and whose bytes nobody
// changed: the library checks version, processor, length and a checksum, and trusts the rest.
func deserialize(b []byte, patterns []Pattern) (*DB, error) {
	if len(b) == 0 {
		return nil, errEntry
	}
	var db *C.hs_database_t
	if rc := C.hs_deserialize_database((*C.char)(unsafe.Pointer(&b[0])), C.size_t(len(b)), &db); rc != C.HS_SUCCESS {
		return nil, fmt.Errorf("%w: vectorscan: error %d", errEntry, int(rc))
	}
	return &DB{hs: db, grams: newGrams(patterns)}, nil
}

// fewPatterns are those of a set that is searched with bytes behind its data. In tests
// sets of more than 16 miss nothing without.
const fewPatterns = 64

// Scratch is the working memory of one goroutine.
type Scratch struct {
	hs    *C.hs_scratch_t
	size  int // of found.copy
	found *C.struct_found
	ids   []uint32
	marks marks
}

// shortData is searched by grams. With its tables near the processor the library is ahead
// from some forty bytes on; between other work they are not, and captures of pages and of
// questions take a tenth longer with a bound of 32.
const shortData = 512

// NewScratch makes working memory that fits all the databases.
func NewScratch(dbs ...*DB) (*Scratch, error) {
	most := 1
	s := &Scratch{}
	for _, db := range dbs {
		most = max(most, len(db.grams.patterns))
		if rc := C.hs_alloc_scratch(db.hs, &s.hs); rc != C.HS_SUCCESS {
			s.Close()
			return nil, fmt.Errorf("literal: vectorscan scratch: error %d", int(rc))
		}
	}
	s.found = (*C.struct_found)(C.calloc(1, C.sizeof_struct_found)) // as in newArrays
	s.found.n, s.found.cap, s.found.copy = 0, C.uint(most), nil
	s.found.ids = (*C.uint)(C.malloc(C.size_t(most) * C.sizeof_uint))
	s.ids, s.marks = unsafe.Slice((*uint32)(unsafe.Pointer(s.found.ids)), most), newMarks(most)
	return s, nil
}

// room makes the copy large enough for n bytes.
func (s *Scratch) room(n int) {
	if n > s.size {
		C.free(unsafe.Pointer(s.found.copy))
		s.size = max(n, 2*s.size, 4096)
		s.found.copy = (*C.char)(C.malloc(C.size_t(s.size)))
	}
}

// Close frees the memory.
func (s *Scratch) Close() {
	if s.hs != nil {
		C.hs_free_scratch(s.hs)
		s.hs = nil
	}
	if s.found != nil {
		C.free(unsafe.Pointer(s.found.ids))
		C.free(unsafe.Pointer(s.found.copy))
		C.free(unsafe.Pointer(s.found))
		s.found, s.ids = nil, nil
	}
}

// Scan returns the numbers of the patterns that occur in data, each once, in no
// particular order. The slice is good until the next scan.
func (s *Scratch) Scan(db *DB, data []byte) []uint32 {
	if len(data) <= shortData {
		return db.numbered(db.grams.scan(&s.marks, data))
	}
	padded := C.int(0)
	if len(db.grams.patterns) < fewPatterns {
		padded = 1
		s.room(len(data) + C.PADDING)
	}
	// An error would mean a wrong scratch or database, which New and Compile
	// have excluded; what was found until then is still true.
	C.otasuke_scan(db.hs, s.hs, (*C.uchar)(&data[0]), C.uint(len(data)), s.found, padded)
	return db.numbered(s.ids[:s.found.n])
}
