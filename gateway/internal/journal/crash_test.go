package journal

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// childDir names the folder in which a started copy of this test writes.
const childDir = "OTASUKE_JOURNAL_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child appends for ever and says each number after Append returned.
func child(dir string) {
	j, err := Open(Config{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for n := j.end(); ; n++ {
		if err := j.Append(fmt.Appendf(nil, "record %d %s", n, strings.Repeat("x", int(n)%3000))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// A writer that is killed at any moment has kept every record that Append
// returned for.
func TestKilledWriterLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	last := uint64(0)
	for round := range 20 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
				t.Fatal(err)
			}
			if n == 5+13*round%40 {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
		j := open(t, Config{Dir: dir})
		records, err := j.Read(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if uint64(len(records)) < last {
			t.Fatalf("round %d: %d records, but %d were promised", round, len(records), last)
		}
		for i, r := range records {
			if want := fmt.Sprintf("record %d ", i+1); !bytes.HasPrefix(r.Data, []byte(want)) {
				t.Fatalf("record %d is %.20q", i+1, r.Data)
			}
		}
		j.Close()
	}
}

// smallDisk is a folder on a disk of its own.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("needs root for a small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// On a full disk the oldest segment makes room for what is new, and is counted.
func TestDiskFullOldestGoes(t *testing.T) {
	t.Parallel()
	j := open(t, Config{Dir: smallDisk(t, "4m"), MaxBytes: 64 << 20})
	record := bytes.Repeat([]byte("x"), 50_000)
	for n := range 200 {
		if err := j.Append(fmt.Appendf(nil, "%d %s", n, record)); err != nil {
			t.Fatalf("record %d: %v", n, err)
		}
	}
	got, err := j.Read(1000)
	pending, lost := j.Pending()
	if err != nil || len(got) != pending || lost == 0 || pending+int(lost) != 200 || !bytes.HasPrefix(got[len(got)-1].Data, []byte("199 ")) {
		t.Errorf("%d read, %d pending, %d lost: %v", len(got), pending, lost, err)
	}
}

// On a full disk with nothing to give up Append fails without a trace; when there is room
// it works again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "800k")
	j := open(t, Config{Dir: dir, MaxBytes: 64 << 20})
	record := bytes.Repeat([]byte("x"), 50_000)
	kept, failed := 0, uint64(0)
	for range 60 {
		if err := j.Append(record); err != nil {
			failed++
			continue
		}
		kept++
	}
	pending, lost := j.Pending()
	if failed == 0 || pending != kept || lost != failed {
		t.Fatalf("%d kept, %d failed; pending %d, lost %d", kept, failed, pending, lost)
	}
	if got, err := j.Read(100); err != nil || len(got) != kept {
		t.Fatalf("read %d of %d: %v", len(got), kept, err)
	}
	if err := j.Ack(30); err != nil {
		t.Errorf("ack on a full disk: %v", err)
	}
	if err := j.Append(record); err != nil {
		t.Errorf("with room again: %v", err)
	}
	j.Close()
	j = open(t, Config{Dir: dir})
	if got, err := j.Read(100); err != nil || len(got) == 0 || len(got[len(got)-1].Data) != len(record) {
		t.Errorf("after reopening: %d records, %v", len(got), err)
	}
}
