package gateway

import (
	"bufio"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"otasuke/gateway/internal/eve"
)

const (
	// linesBuffer of bytes is written at once.
	linesBuffer = 256 << 10
	// linesWaiting records may wait for the writer; then the worker waits.
	linesWaiting = 4096
)

// lines writes records beside the worker that makes them, which costs it a third of its
// time otherwise. Nothing is lost: a full queue makes the worker wait.
type lines struct {
	alerts  atomic.Uint64
	wants   func(*eve.Record) bool
	records chan *eve.Record
	out     *bufio.Writer
	done    sync.WaitGroup
	err     error // of the writer; read after it has ended
}

func newLines(w io.Writer, wants func(*eve.Record) bool) *lines {
	l := &lines{wants: wants, records: make(chan *eve.Record, linesWaiting), out: bufio.NewWriterSize(w, linesBuffer)}
	l.done.Go(l.write)
	return l
}

// emit takes a record; several workers may call it. The record is the writer's then.
func (l *lines) emit(r *eve.Record) {
	if r.EventType == eve.TypeAlert {
		l.alerts.Add(1)
	}
	if l.wants(r) {
		l.records <- r
	}
}

func (l *lines) write() {
	var line []byte
	for r := range l.records {
		var err error
		if line, err = eve.Append(line[:0], r); err == nil {
			_, err = l.out.Write(line)
		}
		if l.err == nil {
			l.err = err
		}
	}
}

// close writes what is left. Nobody may emit any more.
func (l *lines) close() error {
	close(l.records)
	l.done.Wait()
	return errors.Join(l.err, l.out.Flush())
}
