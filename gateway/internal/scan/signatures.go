package scan

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ReloadTime is how long clamd may take to use signatures that are new in its folder: it
// looks every [SelfCheck] and then loads for up to a minute. What it says until then is not
// remembered.
const ReloadTime = SelfCheck + time.Minute

// SelfCheck is how often a clamd of ours looks for new signatures.
const SelfCheck = time.Minute

// Signatures are what is known about the scanner's signatures.
type Signatures struct {
	// Version as clamd tells it, with the number of its daily signatures if it has them.
	Version string
	// Made is when the newest of them were made, zero when nobody knows.
	Made time.Time
}

// Check asks clamd for its signatures; when they are other ones than before, everything
// that was remembered is forgotten. Call it every few seconds from one goroutine.
func (s *Scanner) Check(ctx context.Context, now time.Time) (Signatures, error) {
	answer, err := s.ask(ctx, "VERSION")
	if err != nil {
		s.noAnswer()
		return Signatures{}, err
	}
	s.silent.Store(0)
	sig := Signatures{Version: answer, Made: made(answer)}
	newest := newest(s.Database)
	if newest.After(sig.Made) {
		sig.Made = newest
	}
	s.memory.renew(sig, newest, now)
	return sig, nil
}

// noAnswer lets all files pass that wait for a scanner which is not there.
func (s *Scanner) noAnswer() {
	if s.silent.Add(1) < maxSilent {
		return
	}
	s.mu.Lock()
	files := slices.Collect(maps.Keys(s.files))
	s.mu.Unlock()
	for _, f := range files {
		f.Abort(ErrDown)
	}
}

// made reads the date of daily signatures from "ClamAV 1.4.6/27800/Fri Nov 27 09:12:33 2026".
func made(version string) time.Time {
	_, date, _ := strings.Cut(version, "/")
	_, date, _ = strings.Cut(date, "/")
	t, err := time.Parse(time.ANSIC, date)
	if err != nil {
		return time.Time{}
	}
	return t
}

// newest is the time of the latest change in a folder of signatures.
func newest(folder string) (t time.Time) {
	if folder == "" {
		return t
	}
	names, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, name := range append(names, folder) { // the folder itself changes when a file goes
		if info, err := os.Stat(name); err == nil && info.ModTime().After(t) {
			t = info.ModTime()
		}
	}
	return t
}
