// Package clam asks clamd about a file, over its socket (clamd(8), INSTREAM).
//
// An answer that is not exactly clamd's "clean" is never taken for one.
package clam

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"
)

const (
	// timeout of a whole question; a large archive takes seconds.
	timeout = 2 * time.Minute
	// chunk in bytes: as much as a socket takes at once.
	chunk = 64 << 10
	// maxAnswer in bytes; one line.
	maxAnswer = 4096
)

// ErrTooLarge: clamd takes no file of this size (StreamMaxLength). Asking again does not help.
var ErrTooLarge = errors.New("clam: too large for the scanner")

// Scan asks the scanner behind a Unix socket about a file: virus is its name, "" for a clean one. An error means that
// nothing is known.
func Scan(ctx context.Context, socket string, data []byte) (virus string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return "", fmt.Errorf("clam: %w", err)
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	sent := send(c, data)
	answer, err := io.ReadAll(io.LimitReader(c, maxAnswer))
	if len(answer) == 0 {
		return "", fmt.Errorf("clam: no answer: %w", errors.Join(sent, err, ctx.Err()))
	}
	return verdict(string(answer))
}

func send(w io.Writer, data []byte) error {
	if _, err := io.WriteString(w, "zINSTREAM\x00"); err != nil {
		return err
	}
	for piece := range slices.Chunk(data, chunk) {
		if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(piece))), piece...)); err != nil {
			return err
		}
	}
	_, err := w.Write([]byte{0, 0, 0, 0})
	return err
}

func verdict(answer string) (virus string, err error) {
	answer, whole := strings.CutSuffix(answer, "\x00")
	if strings.HasPrefix(answer, "INSTREAM size limit exceeded") {
		return "", ErrTooLarge
	}
	said, ours := strings.CutPrefix(answer, "stream: ")
	name, found := strings.CutSuffix(said, " FOUND")
	switch {
	case whole && ours && said == "OK":
		return "", nil
	case ours && found && name != "":
		return name, nil
	}
	return "", fmt.Errorf("clam: answered %q", answer)
}
