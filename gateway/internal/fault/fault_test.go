package fault

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"
)

func stack(place string) []byte {
	return fmt.Appendf(nil, "goroutine 1 [running]:\nengine.read(0xc0000%d)\n\t/src/%s +0x1d\n", len(place), place)
}

// run lets a store write what it was given.
func run(s *Store, faults ...Fault) {
	for _, f := range faults {
		s.Take(f)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Run(ctx)
}

func TestKeeps(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	dir := filepath.Join(t.TempDir(), "faults")
	s := New(dir, slog.New(slog.NewTextHandler(&log, nil)))
	packet := []byte{0x45, 0, 0, 20}
	run(s, Fault{Time: 1763701521000042, Reason: "index out of range", Flow: "192.0.2.1:4000 > 192.0.2.2:80", Stack: stack("a.go:12"), Link: 101, Packet: packet},
		Fault{Reason: "index out of range", Stack: stack("a.go:12")})
	names, _ := filepath.Glob(dir + "/*")
	if len(names) != 2 {
		t.Fatalf("files %v, want one capture and one text: the second fault is the first again", names)
	}
	text, _ := os.ReadFile(names[1])
	for _, want := range []string{"2025-11-21T05:05:21.000042Z", "index out of range", "192.0.2.1:4000 > 192.0.2.2:80", "a.go:12"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	f, err := os.Open(names[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, info, err := r.ReadPacketData()
	if err != nil || !bytes.Equal(data, packet) || r.LinkType() != 101 || info.Timestamp.UnixMicro() != 1763701521000042 {
		t.Errorf("capture: % x, %v, %v, %v", data, info, r.LinkType(), err)
	}
	if info, _ := os.Stat(names[0]); info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the packet: %v", info.Mode())
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 2 {
		t.Errorf("%d lines in the log, want one for each fault:\n%s", n, &log)
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := New(dir, slog.New(slog.DiscardHandler))
	for i := range 3 * maxKinds {
		run(s, Fault{Stack: stack(fmt.Sprintf("a.go:%d", i))})
	}
	names, _ := filepath.Glob(dir + "/*")
	if len(names) != 2*maxKinds {
		t.Errorf("%d files, want %d", len(names), 2*maxKinds)
	}
	for range 2 * waiting { // nobody writes
		s.Take(Fault{})
	}
	if n := s.Dropped.Load(); n != waiting {
		t.Errorf("%d dropped, want %d", n, waiting)
	}
}

// A disk that takes nothing is said, and nothing else happens.
func TestNoDisk(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	run(New(filepath.Join(file, "faults"), slog.New(slog.NewTextHandler(&log, nil))), Fault{Reason: "x"})
	if !strings.Contains(log.String(), "cannot be kept") {
		t.Errorf("log: %s", &log)
	}
}
