package gateway

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/eve/handover"
)

const (
	// linesBuffer of bytes is written at once.
	linesBuffer = 256 << 10
	// linesWaiting records may wait for the writer; then the worker waits.
	linesWaiting = 8 * recordBatch
)

// lines writes records beside the worker that makes them. Nothing is lost: a full queue
// makes the worker wait.
type lines struct {
	queue *handover.Queue
	wants func(*eve.Record) bool
	out   *bufio.Writer
	done  sync.WaitGroup
	// Of the writer; read after it has ended.
	alerts uint64
	err    error
}

func newLines(w io.Writer, wants func(*eve.Record) bool) *lines {
	l := &lines{wants: wants, queue: handover.New(linesWaiting, true), out: bufio.NewWriterSize(w, linesBuffer)}
	l.done.Go(l.write)
	return l
}

func (l *lines) write() {
	var line []byte
	for open := true; open; {
		<-l.queue.Ready()
		var list []*eve.Record
		list, open = l.queue.Take()
		for _, r := range list {
			if r.EventType == eve.TypeAlert {
				l.alerts++
			}
			if !l.wants(r) {
				continue
			}
			var err error
			if line, err = eve.Append(line[:0], r); err == nil {
				_, err = l.out.Write(line)
			}
			if l.err == nil {
				l.err = err
			}
		}
	}
}

// close writes what is left. Nobody may emit any more.
func (l *lines) close() error {
	l.queue.Close()
	l.done.Wait()
	return errors.Join(l.err, l.out.Flush())
}
