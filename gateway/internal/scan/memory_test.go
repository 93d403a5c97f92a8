package scan

import (
	"crypto/sha256"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// scanned gives a whole file and returns the answer.
func scanned(t testing.TB, s *Scanner, data string) Result {
	t.Helper()
	f := s.Open(false)
	f.Write([]byte(data))
	f.Close()
	return await(t, f)
}

// A file that was scanned before is answered without clamd, infected or clean, until
// clamd has other signatures.
func TestRemembered(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	var version atomic.Value
	version.Store("ClamAV 1.4.6/27800/Fri Nov 27 09:12:33 2026")
	s := fake(t, func(c net.Conn) {
		b := make([]byte, len("zVERSION\x00"))
		if n, _ := io.ReadFull(c, b); string(b[:n]) == "zVERSION\x00" {
			_, _ = io.WriteString(c, version.Load().(string)+"\x00")
			return
		}
		_, _ = io.ReadFull(c, b[:1]) // the last byte of zINSTREAM
		file, whole := chunks(c)
		if !whole {
			return
		}
		asked.Add(1)
		switch {
		case strings.Contains(file, "EVIL"):
			_, _ = io.WriteString(c, "stream: Test.Virus FOUND\x00")
		case strings.Contains(file, "LOCKED"):
			_, _ = io.WriteString(c, "stream: Heuristics.Encrypted.Zip FOUND\x00")
		default:
			_, _ = io.WriteString(c, "stream: OK\x00")
		}
	})
	now := time.Unix(1_800_000_000, 0)
	check := func() {
		t.Helper()
		if _, err := s.Check(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	check()
	files := []string{"some text", "some EVIL", "some LOCKED"}
	ask := func(what string, remembered bool) {
		t.Helper()
		before := asked.Load()
		for i, data := range files {
			r := scanned(t, s, data)
			if r.Err != nil || r.Virus != []string{"", "Test.Virus", ""}[i] || r.Flag != []string{"", "", "Heuristics.Encrypted.Zip"}[i] || r.Remembered != remembered || len(r.SHA256) != 64 {
				t.Errorf("%s: %s: %+v", what, data, r)
			}
		}
		if n := int(asked.Load() - before); n != 0 && remembered || n != len(files) && !remembered {
			t.Errorf("%s: clamd was asked %d times", what, n)
		}
	}
	ask("new", false)
	ask("again", true)
	check()
	ask("the same signatures", true)
	version.Store("ClamAV 1.4.6/27801/Sat Nov 28 09:12:33 2026")
	check()
	ask("new signatures", false)
	ask("and again", true)
	if c := s.Counts(); c["scan_remembered"] != 9 || c["scan_infected"] != 5 || c["scan_flagged"] != 5 {
		t.Errorf("%v", c)
	}
	idle(t, s)
}

// An answer by signatures that have gone since is not remembered, nor one of a file with
// missing bytes, nor anything while clamd is still loading what is new in its folder.
func TestNotRemembered(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	var m memory
	key := sha256.Sum256([]byte("a"))
	m.renew(Signatures{Version: "1"}, now, now)
	era := m.era()
	m.renew(Signatures{Version: "2"}, now, now)
	if m.put(key, era, &Result{}); m.get(key) != nil {
		t.Error("an answer by old signatures is remembered")
	}
	m.renew(Signatures{Version: "2"}, now.Add(time.Second), now)
	if m.put(key, m.era(), &Result{}); m.get(key) != nil {
		t.Error("an answer is remembered while the signatures change")
	}
	m.renew(Signatures{Version: "2"}, now.Add(time.Second), now.Add(ReloadTime))
	if m.put(key, m.era(), &Result{}); m.get(key) == nil {
		t.Error("nothing is remembered after the change")
	}
	socket, _ := clamd(t, "")
	s := &Scanner{Socket: socket}
	f := s.Open(false)
	f.Write([]byte("abc"))
	f.Gap()
	f.Close()
	if r := await(t, f); r.Err != ErrGaps || s.Limits()["scan_gaps"] != 1 {
		t.Errorf("%+v, %v", r, s.Limits())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	var m memory
	at := func(i int) (key [sha256.Size]byte) {
		key[0], key[1], key[2] = byte(i), byte(i>>8), byte(i>>16)
		return key
	}
	for i := range maxRemembered + 1000 {
		m.put(at(i), 0, &Result{})
	}
	if len(m.known) != maxRemembered || m.get(at(999)) != nil || m.get(at(1000)) == nil {
		t.Errorf("%d are known", len(m.known))
	}
}

// What was written so far can be scanned before the end; the file itself goes on.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	socket, _ := clamd(t, "")
	s := &Scanner{Socket: socket}
	f := s.Open(true)
	f.Write([]byte("harmless so far"))
	if r := await(t, f.Snapshot()); r.Virus != "" || r.Err != nil {
		t.Errorf("%+v", r)
	}
	f.Write([]byte(signature))
	if r := await(t, f.Snapshot()); r.Virus == "" {
		t.Errorf("%+v", r)
	}
	s.kept.Add(MaxKeptAll) // of other files
	f.Write([]byte("more"))
	s.kept.Add(-MaxKeptAll)
	if f.Snapshot() != nil || s.kept.Load() != 0 || s.Limits()["scan_not_kept"] != 1 {
		t.Errorf("no room and kept: %d bytes, %v", s.kept.Load(), s.Limits())
	}
	f.Close()
	if r := await(t, f); r.Virus == "" {
		t.Errorf("%+v", r)
	}
	idle(t, s)
}

// The age of signatures is told by clamd or by its folder.
func TestSignatures(t *testing.T) {
	t.Parallel()
	if m := made("ClamAV 1.4.6/27800/Fri Nov 27 09:12:33 2026"); m.Unix() != 1795770753 {
		t.Error(m.Unix())
	}
	for _, v := range []string{"", "ClamAV 1.4.6", "ClamAV 1.4.6/27800", "a/b/c", "a/b/Fri Nov 99 09:12:33 2026"} {
		if m := made(v); !m.IsZero() {
			t.Errorf("%q: %v", v, m)
		}
	}
	folder := t.TempDir()
	at := time.Now().Add(time.Hour).Truncate(time.Second)
	name := filepath.Join(folder, "a.ndb")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
	if n := newest(folder); !n.Equal(at) {
		t.Errorf("%v, want %v", n, at)
	}
}
