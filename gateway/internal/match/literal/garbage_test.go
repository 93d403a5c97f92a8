//go:build cgo

package literal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"
)

// What data leaves in memory of the library may look like anything, also like an address of Go's own memory where nothing
// is any more. Patterns that are compiled in its place while garbage is collected do not end the program.
func TestMemoryOfTheLibraryIsNotTaken(t *testing.T) {
	few := []Pattern{{Bytes: []byte("abc")}, {Bytes: []byte("xyz")}}
	many := make([]Pattern, 500)
	for i := range many {
		many[i] = Pattern{Bytes: fmt.Appendf(nil, "pattern %d", i)}
	}
	db, err := Compile(few)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var over atomic.Bool
	done := make(chan bool)
	go func() {
		defer close(done)
		for !over.Load() {
			runtime.GC()
		}
	}()
	for range 20 {
		gone := make([]byte, 8<<20)
		address := binary.LittleEndian.AppendUint64(nil, uint64(uintptr(unsafe.Pointer(&gone[4<<20]))))
		gone = nil
		runtime.GC()
		s, err := NewScratch(db)
		if err != nil {
			t.Fatal(err)
		}
		for n := 64; n <= 4096; n *= 2 { // a copy is made of it
			s.Scan(db, bytes.Repeat(address, n))
		}
		s.Close()
		next, err := Compile(many)
		if err != nil {
			t.Fatal(err)
		}
		next.Close()
	}
	over.Store(true)
	<-done
}
