package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"otasuke/e2e/lab"
)

// forbidden is stopped by a rule of its own in every box of these tests.
const forbidden = "forbidden words"

// boxRun is a box in a lab of its own.
type boxRun struct {
	lab   *lab.Lab
	cmd   *exec.Cmd
	log   *said
	rules string // its file of rules
	list  string // its list in a file, if it has one
	eve   string
	once  sync.Once
}

// startBox starts one with these rules beside its own. With a wrap, the program is started
// by that command, which gets the folder of the box.
func startBox(t *testing.T, rules string, more string, wrap func(dir string) []string) *boxRun {
	t.Helper()
	return startIn(t, newLab(t), rules, more, wrap)
}

// newLab is a lab without a box, for the time of a test.
func newLab(t *testing.T) *lab.Lab {
	t.Helper()
	needLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := l.OpenInternet(lab.Good); err != nil {
		t.Fatal(err)
	}
	return l
}

// startIn starts a box in a lab.
func startIn(t *testing.T, l *lab.Lab, rules string, more string, wrap func(dir string) []string) *boxRun {
	t.Helper()
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	file, conf := filepath.Join(dir, "own.rules"), filepath.Join(dir, "box.toml")
	b := &boxRun{lab: l, log: new(said), rules: file, eve: filepath.Join(disk, "eve.json")}
	rules += fmt.Sprintf("\ndrop tcp any any -> any any (msg:\"forbidden\"; content:%q; sid:1;)\n", forbidden)
	if !strings.Contains(more, "ports = ") {
		more = fmt.Sprintf("ports = [%q, %q]\n", lab.OutsidePort, lab.InsidePort) + more
	}
	text := fmt.Sprintf("state_dir = %q\nhome = [\"192.168.0.0/16\"]\nrules = [%q]\nno_starter_rules = true\neve_log = %q\n%s", disk, file, b.eve, more)
	if err := errors.Join(os.Mkdir(disk, 0o700), os.WriteFile(file, []byte(rules), 0o600), os.WriteFile(conf, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	args := []string{build(t), "gateway", "-config", conf}
	if wrap != nil {
		args = append(wrap(disk), args...)
	}
	b.cmd = exec.Command(args[0], args[1:]...)
	b.cmd.Stderr = b.log
	if err := l.Box.Start(b.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.stop)
	b.log.await(t, "the engine is inspecting", 1)
	return b
}

// stop ends the box; its last statistics are written then.
func (b *boxRun) stop() {
	b.once.Do(func() {
		_ = b.cmd.Process.Signal(syscall.SIGTERM)
		_ = b.cmd.Wait()
	})
}

// counts are the last statistics of the box.
type counts struct {
	Stats struct {
		Decoder struct {
			Pkts uint64 `json:"pkts"`
		} `json:"decoder"`
		Flow struct {
			TCP uint64 `json:"tcp"`
		} `json:"flow"`
	} `json:"stats"`
	Otasuke struct {
		Counts map[string]uint64 `json:"counts"`
	} `json:"otasuke"`
}

func lastCounts(t *testing.T, eve string) (c counts) {
	t.Helper()
	text, err := os.ReadFile(eve)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range bytes.Lines(text) {
		if bytes.Contains(line, []byte(`"event_type":"stats"`)) {
			c = counts{}
			found = json.Unmarshal(line, &c) == nil || found
		}
	}
	if !found {
		t.Fatal("the box wrote no statistics")
	}
	return c
}

// echo gives back what it is sent, once a connection.
func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			b := make([]byte, 256)
			if n, err := c.Read(b); err == nil {
				_, _ = c.Write(b[:n])
			}
		}()
	}
}

// said back tells whether words come back over a new connection of the caller's host.
func saidBack(addr, words string, within time.Duration) error {
	c, err := net.DialTimeout("tcp", addr, within)
	if err != nil {
		return err
	}
	defer c.Close()
	return lab.SaidBack(c, words, within)
}

// stillProtects fails when the box does not stop what it must, or stops anything else.
func (b *boxRun) stillProtects(t *testing.T, addr string) {
	t.Helper()
	if err := b.lab.PC1.Enter(func() {
		if saidBack(addr, forbidden, 2*time.Second) == nil {
			t.Error("what is forbidden passes")
		}
		if err := saidBack(addr, "harmless words", 20*time.Second); err != nil {
			t.Errorf("what is harmless does not pass: %v", err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.log.all(), "the engine is inspecting"); n != 1 {
		t.Errorf("the engine was started %d times:\n%s", n, b.log.all())
	}
}

func (s *said) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestAbuseShortConnections: 16,000 connections, as fast as this machine makes them (some
// ten seconds), stall other boxes. Here none is refused or lost.
func TestAbuseShortConnections(t *testing.T) {
	const all, at = 16_000, 32
	b := startBox(t, "", "", nil)
	l, err := b.lab.Internet.Listen(lab.Good + ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go echo(l)
	var wg sync.WaitGroup
	var failed atomic.Int64
	began := time.Now()
	for range at {
		wg.Go(func() {
			_ = b.lab.PC1.Enter(func() {
				for n := range all / at {
					if err := saidBack(l.Addr().String(), fmt.Sprintf("order %d", n), time.Minute); err != nil && failed.Add(1) < 5 {
						t.Errorf("a connection fails: %v", err)
					}
				}
			})
		})
	}
	wg.Wait()
	took := time.Since(began)
	b.stillProtects(t, l.Addr().String())
	b.stop()
	c := lastCounts(t, b.eve)
	t.Logf("%d connections in %v, %d failed; flows %d, packets %d, %v", all, took.Round(100*time.Millisecond), failed.Load(), c.Stats.Flow.TCP, c.Stats.Decoder.Pkts, c.Otasuke.Counts)
	if failed.Load() > 0 || c.Otasuke.Counts["uninspected"] == 0 && c.Stats.Flow.TCP < all {
		t.Errorf("%d connections failed; %d conversations were seen", failed.Load(), c.Stats.Flow.TCP)
	}
}

// slowRules take a good part of a millisecond for each datagram of this test.
func slowRules() string {
	const slow = 2
	var out strings.Builder
	for n := range slow {
		fmt.Fprintf(&out, "alert udp any any -> any any (msg:\"slow\"; content:\"a\"; content:\"a\"; distance:%d; content:\"a\"; distance:1; content:\"b\"; distance:1; sid:%d;)\n", n, 100+n)
	}
	return out.String()
}

// TestAbuseTwiceTheTraffic: more than the box can inspect passes without a look; the
// statistics and the log say how much, and what comes then is judged again.
func TestAbuseTwiceTheTraffic(t *testing.T) {
	b := startBox(t, slowRules(), "queues = 1\n", nil)
	l, err := b.lab.Internet.Listen(lab.Good + ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go echo(l)
	from, err := b.lab.PC1.ListenPacket("0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	msgs := make([]ipv4.Message, 64)
	for i := range msgs {
		msgs[i] = ipv4.Message{Buffers: [][]byte{bytes.Repeat([]byte("a"), 1400)}, Addr: &net.UDPAddr{IP: net.ParseIP(lab.Good), Port: 9999}}
	}
	before, err := b.lab.Received()
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	w := ipv4.NewPacketConn(from)
	// Twice what the socket holds of them, sent faster than they can be judged.
	const told, atLeast = "packets passed without inspection", 56_000
	for end := time.Now().Add(time.Minute); sent < atLeast && time.Now().Before(end); {
		if n, err := w.WriteBatch(msgs, 0); err == nil {
			sent += n
		}
	}
	// What waits is judged, the rest has passed: nothing was dropped.
	b.log.await(t, told, 1)
	for end := time.Now().Add(2 * time.Minute); ; {
		now, err := b.lab.Received()
		if err != nil {
			t.Fatal(err)
		}
		if now-before >= uint64(sent)*99/100 { // the sender's own queue may drop some
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d datagrams arrived", now-before, sent)
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.stillProtects(t, l.Addr().String())
	b.stop()
	c := lastCounts(t, b.eve)
	passed := c.Otasuke.Counts["uninspected"]
	t.Logf("%d datagrams sent, %d packets inspected, %d passed without a look", sent, c.Stats.Decoder.Pkts, passed)
	if passed == 0 || c.Stats.Decoder.Pkts+passed < uint64(sent)*99/100 {
		t.Errorf("%d sent, %d inspected, %d passed without a look", sent, c.Stats.Decoder.Pkts, passed)
	}
}

// TestAbuseFullDisk: a disk without room for findings stops no traffic and no protection;
// what is lost is said.
func TestAbuseFullDisk(t *testing.T) {
	if _, err := exec.LookPath("unshare"); err != nil {
		t.Skip("no unshare here: a small disk cannot be mounted for the box alone")
	}
	b := startBox(t, `alert tcp any any -> any any (msg:"noise"; content:"noise"; sid:2;)`, "", func(dir string) []string {
		return []string{"unshare", "-m", "sh", "-c", `mount -t tmpfs -o size=300k tmpfs "$0" && exec "$@"`, dir}
	})
	l, err := b.lab.Internet.Listen(lab.Good + ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go echo(l)
	addr := l.Addr().String()
	full := func() bool {
		all := b.log.all()
		return strings.Contains(all, "findings are lost until") && strings.Contains(all, "records are lost")
	}
	if err := b.lab.PC1.Enter(func() {
		for n := 0; !full(); n++ {
			if err := saidBack(addr, "noise", 20*time.Second); err != nil {
				t.Errorf("connection %d does not pass: %v", n, err)
				return
			}
			if n > 5000 {
				t.Errorf("the disk is not full after %d findings:\n%s", n, b.log.all())
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.stillProtects(t, addr)
	// Somebody makes room: the next finding is kept.
	inside := filepath.Join("/proc", fmt.Sprint(b.cmd.Process.Pid), "root", b.eve)
	if err := os.Truncate(inside, 0); err != nil {
		t.Fatal(err)
	}
	b.stillProtects(t, addr)
	b.log.await(t, "findings are kept again", 1)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		if text, _ := os.ReadFile(inside); bytes.Contains(text, []byte(`"forbidden"`)) {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("nothing is recorded when there is room again:\n%s", b.log.all())
		}
		time.Sleep(20 * time.Millisecond)
	}
}
