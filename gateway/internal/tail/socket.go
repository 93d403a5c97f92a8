package tail

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// maxSenders write at the same time: a sensor has one connection, also when it starts anew.
	maxSenders = 8
	// maxLine of a sensor, with the payloads that it may add.
	maxLine = 1 << 20
	// again is how long is waited before lines are offered once more that were not taken.
	again = time.Second
)

// Socket reads the address of a Unix socket, "unix:/path" for a stream and "unixgram:/path"
// for datagrams; false when it is none.
func Socket(address string) (network, path string, ok bool) {
	network, path, ok = strings.Cut(address, ":")
	return network, path, ok && (network == "unix" || network == "unixgram")
}

// Listener takes lines from a Unix socket to which sensors connect: what they write while
// nobody listens is theirs to keep.
type Listener struct {
	Network, Path string
	// Take gets whole lines without their ends; they are good until it returns. On an error the
	// same lines come again.
	Take func(lines [][]byte) error
	Log  *slog.Logger
}

// Run listens until ctx ends. The folder is made when it is missing, and a socket that nobody
// listens on any more goes.
func (l *Listener) Run(ctx context.Context) error {
	if !filepath.IsAbs(l.Path) || l.Take == nil || l.Log == nil {
		return fmt.Errorf("%w: an absolute path of the socket, Take and Log are needed", ErrConfig)
	}
	if err := os.MkdirAll(filepath.Dir(l.Path), 0o755); err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	if err := l.free(); err != nil {
		return err
	}
	if l.Network == "unixgram" {
		return l.datagrams(ctx)
	}
	in, err := net.Listen("unix", l.Path)
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer stop()
	places := make(chan struct{}, maxSenders)
	var senders sync.WaitGroup
	defer senders.Wait()
	for {
		c, err := in.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("tail: %w", err)
		}
		select {
		case places <- struct{}{}:
			senders.Go(func() {
				l.stream(ctx, c)
				<-places
			})
		default:
			l.Log.Warn("too many sensors write to the socket", "path", l.Path, "most", maxSenders)
			_ = c.Close()
		}
	}
}

// free removes a socket that is left of an earlier run, and nothing else.
func (l *Listener) free() error {
	info, err := os.Lstat(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%w: %s is there and is no socket", ErrConfig, l.Path)
	}
	if c, err := net.Dial(l.Network, l.Path); err == nil {
		_ = c.Close()
		return fmt.Errorf("%w: somebody else listens on %s", ErrConfig, l.Path)
	}
	if err := os.Remove(l.Path); err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	return nil
}

// stream reads the lines of one sensor.
func (l *Listener) stream(ctx context.Context, c net.Conn) {
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	lines := bufio.NewScanner(c)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		l.take(ctx, lines.Bytes())
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		l.Log.Warn("a sensor's connection ended", "path", l.Path, "err", err)
	}
}

// datagrams reads one or more lines from each.
func (l *Listener) datagrams(ctx context.Context) error {
	c, err := net.ListenPacket("unixgram", l.Path)
	if err != nil {
		return fmt.Errorf("tail: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	defer stop()
	buf := make([]byte, maxLine)
	for {
		n, _, err := c.ReadFrom(buf)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("tail: %w", err)
		}
		for line := range bytes.Lines(buf[:n]) {
			l.take(ctx, bytes.TrimRight(line, "\n"))
		}
	}
}

// take offers a line until it is taken: the sensor waits meanwhile.
func (l *Listener) take(ctx context.Context, line []byte) {
	if len(line) == 0 {
		return
	}
	for l.Take([][]byte{line}) != nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(again):
		}
	}
}
