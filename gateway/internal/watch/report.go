package watch

import (
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/scan"
)

// maxReports wait for the scanner's answer at a time: as many files as it takes.
const maxReports = scan.MaxOpen

// Waiting are records about a file that has passed, without the scanner's answer.
type Waiting struct {
	File        *File
	Alert, Info *eve.Record // Info is nil where nobody wants it
	since       int64
}

// Reports are files that go on while they are scanned.
type Reports struct{ list []Waiting }

// Add adds one, whose scan ends by itself; false where there are too many.
func (r *Reports) Add(w Waiting, now int64) bool {
	if len(r.list) == maxReports {
		w.File.Scan.Abort(scan.ErrBusy)
		return false
	}
	w.since = now
	r.list = append(r.list, w)
	return true
}

// Done gives those that are answered to tell. Past [MaxWait], and with all, the rest are
// given up.
func (r *Reports) Done(now int64, all bool, tell func(*Waiting, *scan.Result)) {
	left := r.list[:0]
	for i := range r.list {
		w := &r.list[i]
		if overdue(now, w.since) {
			w.File.Scan.Abort(scan.ErrSlow)
		} else if all {
			w.File.Scan.Abort(scan.ErrEnded)
		}
		if a := w.File.Answer(); a != nil {
			tell(w, a)
			continue
		}
		left = append(left, *w)
	}
	clear(r.list[len(left):])
	r.list = left
}
