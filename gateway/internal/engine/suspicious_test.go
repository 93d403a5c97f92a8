package engine

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
)

// locked is an archive with a password: the scanner sees it by a bit of its headers.
func locked(t testing.TB) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(&zip.FileHeader{Name: "invoice.doc", Method: zip.Store, Flags: 1, CRC32: 0x12345678, CompressedSize64: 40, UncompressedSize64: 28})
	if err == nil {
		_, err = io.WriteString(w, strings.Repeat("\x93locked\x01", 5))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// suspicions are the alerts about files that are no virus.
func (b *box) suspicions() (out []*eve.Record) {
	for _, r := range b.records {
		if r.EventType == eve.TypeAlert && r.Alert.Category == "Suspicious file" {
			out = append(out, r)
		}
	}
	return out
}

// A file with a password passes and is told of, with low importance; where the settings say
// so it is stopped, but never mail.
func TestLockedFile(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	file := locked(t)
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(file)) + file
	for name, c := range map[string]struct {
		port int
		talk []message
		stop bool // may be stopped
	}{
		"http": {80, []message{{dir: 0, data: request}, {dir: 1, data: answer}}, true},
		"smb":  {445, upload(file, 1<<20, true, false), true},
		"smtp": {25, smtp(mailWith(file, "base64")), false},
		"imap": {143, imap(mailWith(file, "base64")), false},
	} {
		for _, stop := range []bool{false, true} {
			flagged := new(atomic.Bool)
			b := newBox(t, Config{Scanner: s, LogApps: true, StopFlagged: flagged})
			flagged.Store(stop) // it may change at any time
			p := b.play(between("192.168.1.12:50000", fmt.Sprintf("198.51.100.80:%d", c.port)), c.talk)
			for end := time.Now().Add(10 * time.Second); b.word() == "" && time.Now().Before(end); runtime.Gosched() {
				b.w.Tick(b.now)
			}
			whole := p.got[0] == all(c.talk, 0) && p.got[1] == all(c.talk, 1)
			if whole == (stop && c.stop) || b.word() != "suspicious" {
				t.Errorf("%s, stop %v: whole %v, the record says %q", name, stop, whole, b.word())
			}
			list := b.suspicions()
			if len(list) != 1 {
				t.Errorf("%s, stop %v: %d alerts", name, stop, len(list))
				continue
			}
			r := list[0]
			if (r.Alert.Action == "blocked") != (stop && c.stop) || r.Alert.Severity != 3 || r.Otasuke.Virus != "Heuristics.Encrypted.Zip" || r.Otasuke.Kind != "virus" {
				t.Errorf("%s, stop %v: %+v %+v", name, stop, r.Alert, r.Otasuke)
			}
		}
	}
}

// A virus beside what is only suspicious is a virus.
func TestLockedAndInfected(t *testing.T) {
	t.Parallel()
	b := newBox(t, Config{Scanner: realScanner(t)})
	file := locked(t) + virus
	v, id, _ := b.download(surf(), fmt.Sprintf(response, len(file)), file[:len(file)-4], file[len(file)-4:])
	if b.ruled(v, id) != capture.Drop || b.found() == nil || len(b.suspicions()) > 0 {
		t.Errorf("alerts %v", b.alerts())
	}
}

// The same file again is answered without the scanner: while its last bytes wait, it may
// be down.
func TestSameFileAgain(t *testing.T) {
	t.Parallel()
	gate := make(chan bool, 2)
	defer close(gate)
	s := scanner(t, gate)
	gate <- true
	gate <- true
	for range 3 {
		for _, last := range []string{"EVIL", "GOOD"} {
			b := newBox(t, Config{Scanner: s, LogApps: true})
			v, id, _ := b.download(surf(), fmt.Sprintf(response, 24), "aaaaaaaaaaaaaaaaaaaa", last)
			if got := b.ruled(v, id); (got == capture.Drop) != (last == "EVIL") {
				t.Errorf("%s: %v", last, got)
			}
		}
	}
	if c := s.Counts(); c["scan_remembered"] != 4 || c["scan_files"] != 6 {
		t.Errorf("%v", c)
	}
}
