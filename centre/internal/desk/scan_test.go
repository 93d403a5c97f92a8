package desk_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/attach"
	"otasuke/centre/internal/desk"
	"otasuke/centre/internal/desk/clam"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
)

const signature = "a pattern that only this test calls a virus"

// clamd starts the real scanner with one signature.
func clamd(t *testing.T) (socket string) {
	t.Helper()
	const exe = "/usr/sbin/clamd"
	if _, err := os.Stat(exe); err != nil {
		t.Skip("clamd is not installed (package clamav-daemon)")
	}
	dir := t.TempDir()
	socket = filepath.Join(dir, "s")
	db := filepath.Join(dir, "db")
	conf := fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\n", socket, db, dir)
	must(t, errors.Join(os.Mkdir(db, 0o755), os.WriteFile(filepath.Join(db, "test.ndb"), []byte("Test.Pattern:0:*:"+hex.EncodeToString([]byte(signature))+"\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o644), os.Chmod(dir, 0o777)))
	cmd := exec.Command(exe, "--config-file="+filepath.Join(dir, "conf"))
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for end := time.Now().Add(30 * time.Second); ; runtime.Gosched() {
		if _, err := clam.Scan(t.Context(), socket, []byte("x")); err == nil {
			return socket
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// An infected attachment never reaches anybody's screen; while the scanner is away files are said to be unscanned.
func TestInfectedFilesAreKeptAway(t *testing.T) {
	t.Parallel()
	socket := clamd(t)
	storetest.Run(t, func(t *testing.T, s *store.Store) {
		r := open(t, s, socket+".away")
		raw := []byte("From: hanako@sato.example\r\nSubject: files\r\nMessage-ID: <m1@sato.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello\r\n" +
			"--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"../../invoice.exe\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte("MZ"+signature)) + "\r\n" +
			"--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=clean.txt\r\n\r\nharmless\r\n--x--\r\n")
		must(t, r.svc.Take(t.Context(), raw, false))
		if failed := r.work(); len(failed) == 0 {
			t.Error("nobody asks the scanner again")
		}
		one := r.tickets(r.own)[0]
		_, said := r.thread(one)
		files := said[0].Files
		if len(files) != 2 || files[0].State != desk.FileUnknown && files[1].State != desk.FileUnknown {
			t.Fatalf("%+v", files)
		}
		r.svc.Clamd = socket
		if failed := r.work(); len(failed) > 0 {
			t.Fatal(failed)
		}
		_, said = r.thread(one)
		for _, f := range said[0].Files {
			_, data, err := r.svc.File(t.Context(), r.own, one.ID, f.ID)
			switch f.Name {
			case "invoice.exe":
				if f.State != desk.FileInfected || !strings.HasPrefix(f.Virus, "Test.Pattern") || !errors.Is(err, desk.ErrFile) || data != nil {
					t.Errorf("%+v, %v", f, err)
				}
			case "clean.txt":
				if f.State != desk.FileClean || err != nil || strings.TrimSpace(string(data)) != "harmless" {
					t.Errorf("%+v, %q, %v", f, data, err)
				}
			default:
				t.Errorf("%+v", f)
			}
		}
	}, tenant.Schema(), job.Schema(), attach.Schema(), desk.Schema())
}
