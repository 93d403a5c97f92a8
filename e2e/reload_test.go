package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

// bigDownload in bytes: it lasts longer than several reloads.
const bigDownload = 1 << 30

// Rules are swapped under traffic: a large download arrives whole, no packet passes
// without inspection, and what the new rules forbid is stopped.
func TestReloadUnderTraffic(t *testing.T) {
	b := startBox(t, `drop tcp any any -> any any (msg:"first"; content:"first attack"; sid:11;)`, "flow_budget = -1\n", nil)
	l, log := b.lab, b.log
	write := func(text string) {
		if err := os.WriteFile(b.rules, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server, err := l.Internet.Listen(lab.Good + ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	block := bytes.Repeat([]byte("nothing that a rule looks for. "), 4096)
	go serve(server, block)
	at := server.Addr().String()
	if passes(t, l, at, "first attack") || !passes(t, l, at, "second attack") {
		t.Error("the first rules do not block what they forbid, and that alone")
	}
	done := make(chan error, 1)
	go func() { done <- download(l, at, block) }()
	write(`drop tcp any any -> any any (msg:"second"; content:"second attack"; sid:12;)`)
	for n := 1; n <= 3; n++ {
		if err := b.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		log.await(t, "rules and lists were read anew", n)
	}
	if !passes(t, l, at, "first attack") || passes(t, l, at, "second attack") {
		t.Error("the new rules do not block what they forbid, and that alone")
	}
	write("this is no rule")
	_ = b.cmd.Process.Signal(syscall.SIGUSR2)
	log.await(t, "rules and lists were read anew", 4) // the line is named and left out
	if err := <-done; err != nil {
		t.Errorf("a download under reloads: %v", err)
	}
	b.stop()
	if n := lastCounts(t, b.eve).Otasuke.Counts["uninspected"]; n != 0 {
		t.Errorf("%d packets passed without inspection", n)
	}
}

// said collects what a process says.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// await waits until a text was said n times.
func (s *said) await(t *testing.T, text string, n int) {
	t.Helper()
	for end := time.Now().Add(4 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		all := s.text.String()
		s.mu.Unlock()
		if strings.Count(all, text) >= n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%q was not said %d times:\n%s", text, n, all)
		}
	}
}

// serve answers a line with the same line; "download" with bigDownload bytes.
func serve(l net.Listener, block []byte) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			line := make([]byte, 64)
			n, err := c.Read(line)
			if err != nil {
				return
			}
			if string(line[:n]) != "download" {
				_, _ = c.Write(line[:n])
				return
			}
			for sent := 0; sent < bigDownload; sent += len(block) {
				if _, err := c.Write(block); err != nil {
					return
				}
			}
		}()
	}
}

// passes tells whether words reach the server and come back.
func passes(t *testing.T, l *lab.Lab, addr, words string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := l.PC1.Dial(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(3 * time.Second))
	if _, err := io.WriteString(c, words); err != nil {
		return false
	}
	got, _ := io.ReadAll(c)
	return string(got) == words
}

// download takes the large file and checks that it is whole.
func download(l *lab.Lab, addr string, block []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := l.PC1.Dial(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "download"); err != nil {
		return err
	}
	buf := make([]byte, len(block))
	for n := 0; n < bigDownload; n += len(block) {
		if _, err := io.ReadFull(c, buf); err != nil {
			return fmt.Errorf("after %d bytes: %w", n, err)
		}
		if !bytes.Equal(buf, block) {
			return fmt.Errorf("other bytes after %d", n)
		}
	}
	return nil
}
