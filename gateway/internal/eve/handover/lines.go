package handover

import (
	"bufio"
	"errors"
	"io"
	"sync"

	"otasuke/gateway/internal/eve"
)

const (
	// linesBuffer of bytes is written at once.
	linesBuffer = 256 << 10
	// linesWaiting records may wait for the writer; then the worker waits.
	linesWaiting = 1024
)

// Lines writes records beside the worker that makes them. Nothing is lost: a full queue
// makes the worker wait.
type Lines struct {
	queue *Queue
	wants func(*eve.Record) bool
	out   *bufio.Writer
	done  sync.WaitGroup
	// Alerts are those among all records; read it behind Close.
	Alerts uint64
	err    error // of the writer
}

// Put hands records over, see [Queue.Put].
func (l *Lines) Put(list []*eve.Record) (blank int) { return l.queue.Put(list) }

// NewLines begins to write the records that are wanted.
func NewLines(w io.Writer, wants func(*eve.Record) bool) *Lines {
	l := &Lines{wants: wants, queue: New(linesWaiting, true), out: bufio.NewWriterSize(w, linesBuffer)}
	l.done.Go(l.write)
	return l
}

func (l *Lines) write() {
	var line []byte
	for open := true; open; {
		<-l.queue.Ready()
		var list []*eve.Record
		list, open = l.queue.Take()
		for _, r := range list {
			if r.EventType == eve.TypeAlert {
				l.Alerts++
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

// Close writes what is left. Nobody may emit any more.
func (l *Lines) Close() error {
	l.queue.Close()
	l.done.Wait()
	return errors.Join(l.err, l.out.Flush())
}
