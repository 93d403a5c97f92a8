package verify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway"
)

// consumerPatience is how long the other program may take for some hundred records.
const consumerPatience = 30 * time.Second

// blacklisted is an end of the demo's traffic that the consumer is told to look for.
const blacklisted = "203.0.113.66"

// screened are the kinds of records whose ends the consumer looks at for its list.
var screened = map[string]bool{"http": true, "dns": true, "tls": true, "smtp": true, "flow": true, "ssh": true, "smb": true}

// TestConsumer gives our records, unchanged, to a program of the field that reads them:
// FEVER, the event router of DCSO. It must take every record and pass it on, those with the
// address that it was told to look for as an alert of its own.
func TestConsumer(t *testing.T) {
	if _, err := exec.LookPath("fever"); err != nil {
		t.Skipf("the Debian package fever is not installed: %v", err)
	}
	dir := t.TempDir()
	if _, err := gateway.Inspect(context.Background(), gateway.InspectConfig{Capture: "../demo/testdata", Dir: dir, Warn: io.Discard}); err != nil {
		t.Fatal(err)
	}
	records, err := os.ReadFile(filepath.Join(dir, "eve.json"))
	if err != nil {
		t.Fatal(err)
	}
	c := startConsumer(t, dir)
	want, got, found := map[string]int{}, map[string]int{}, 0
	for line := range bytes.Lines(records) {
		kind, listed := kindOf(t, line)
		if listed && screened[kind] {
			kind = "alert"
			found++
		}
		want[kind]++
		back, err := c.ask(line, time.Second)
		for try := 1; err != nil; try++ {
			if try == tries {
				t.Fatalf("%v, %d times: %s", err, try, line)
			}
			back, err = c.ask(line, time.Second)
		}
		kind, _ = kindOf(t, back)
		got[kind]++
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("kinds of records (-expected +passed on):\n%s", d)
	}
	if found == 0 || len(got) < 10 {
		t.Errorf("%d records with the listed address, kinds %v: the captures are too poor for this test", found, got)
	}
}

// kindOf reads the type of a record, and whether it has the listed address.
func kindOf(t *testing.T, line []byte) (kind string, listed bool) {
	t.Helper()
	var r struct {
		EventType string `json:"event_type"`
		SrcIP     string `json:"src_ip"`
		DestIP    string `json:"dest_ip"`
	}
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return r.EventType, r.SrcIP == blacklisted || r.DestIP == blacklisted
}

// consumer is FEVER between two sockets.
type consumer struct {
	in  net.Conn
	out chan []byte
}

// ask gives it a record and waits for what it passes on.
func (c *consumer) ask(line []byte, patience time.Duration) ([]byte, error) {
	if _, err := c.in.Write(line); err != nil {
		return nil, err
	}
	select {
	case back := <-c.out:
		return back, nil
	case <-time.After(patience):
		return nil, errors.New("nothing was passed on")
	}
}

// tries are how often a record is given: with its output at work it drops one now and then.
const tries = 5

// Until it has found its output, and for a moment after, it drops what it is given.
const (
	greeting = `{"timestamp":"2026-11-21T05:00:00.000000+0000","event_type":"greeting"}` + "\n"
	moment   = 100 * time.Millisecond
	inARow   = 20 // greetings that come back mean that it is ready
)

func startConsumer(t *testing.T, dir string) *consumer {
	t.Helper()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(path("ips"), []byte(blacklisted+"/32\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path("out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var log bytes.Buffer
	cmd := exec.Command("fever", "run", "-i", path("in"), "-o", path("out"), "-T", "--ip-blacklist", path("ips"), "--mgmt-socket", path("mgmt"))
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("fever says:\n%s", &log)
		}
	})
	c := &consumer{out: make(chan []byte, inARow)}
	go c.read(l)
	end := time.Now().Add(consumerPatience)
	for c.in == nil {
		if c.in, err = net.Dial("unix", path("in")); err != nil {
			c.in = nil
			if time.Now().After(end) {
				t.Fatalf("fever does not listen: %v", err)
			}
		}
	}
	t.Cleanup(func() { c.in.Close() })
	for n := 0; n < inARow; n++ {
		if _, err := c.ask([]byte(greeting), moment); err != nil {
			n = -1
		}
		if time.Now().After(end) {
			t.Fatal("fever passes nothing on")
		}
	}
	for { // what came late
		select {
		case <-c.out:
		case <-time.After(10 * moment):
			return c
		}
	}
}

// read takes what is passed on, over whatever connection it comes.
func (c *consumer) read(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for r := bufio.NewReader(conn); ; {
				line, err := r.ReadBytes('\n')
				if err != nil {
					return
				}
				c.out <- line
			}
		}()
	}
}
