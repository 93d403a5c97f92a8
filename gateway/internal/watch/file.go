package watch

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/file"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/redact"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// Limits. Times are in microseconds.
const (
	// MaxWait is how long a packet waits for the scanner at most.
	MaxWait = 12_000_000
	// quiet is how long nothing must have come behind bytes that may be a file's last: a
	// sender that has more goes on at once.
	quiet = 20_000
	// maxPauses of a file are looked at: a program that waits for the answer to each write
	// is not slowed down for long.
	maxPauses = 8
	// maxEnds are pauses and announced ends in all: a client may announce again and again.
	maxEnds = 2 * maxPauses
)

// Mode is what becomes of a conversation whose file has a virus.
type Mode uint8

// Modes.
const (
	None    Mode = iota // its files are not scanned
	Report              // it goes on
	Replace             // of its mail, all but the file goes on, if need be when it is sent again
	Stop
)

// ModeOf tells the mode of a protocol.
func ModeOf(p rule.Proto) Mode {
	switch p {
	case rule.ProtoHTTP, rule.ProtoHTTP2, rule.ProtoFTPData, rule.ProtoSMB:
		return Stop
	case rule.ProtoSMTP, rule.ProtoPOP3, rule.ProtoIMAP:
		return Report
	}
	return None
}

// keeps tells that files of a protocol are kept until they end, because nobody can be
// believed where that is: the end of a connection, an answer to the last write.
func keeps(p rule.Proto) bool { return p == rule.ProtoFTPData || p == rule.ProtoSMB }

// File is what the engine keeps of a file, in app.File.State.
type File struct {
	*file.State
	App *app.File
	// Scan is nil for a file that is not scanned.
	Scan *scan.File
	Mode Mode
	// Part of a mail that it is, where that can be replaced.
	Part *redact.Part
	// Value is its place among the side's values, Magic that its kind is there, Grown that
	// it is among those that grew with the bytes at hand.
	Value        int
	Magic, Grown bool
	// Search is what rules have found in its bytes since it was judged.
	Search match.File
	// Told tells that the scanner's answer was told.
	Told bool
	// Begun tells that bytes of the response had passed, Fields what records say about the
	// transaction. Both are of the time when the answer was asked for.
	Begun  bool
	Fields []app.Field
	// From is the place that it is loaded from.
	From scan.Source

	keeps   bool
	settled bool // its announced end was reached
	after   bool // bytes came behind it
	passed  bool // what there is has passed without an answer
	pauses  int
}

// Open lets the scanner see the file of a conversation that speaks p, in a part of a mail or
// nil.
func (f *File) Open(s *scan.Scanner, p rule.Proto, part *redact.Part) {
	if f.Mode, f.keeps = ModeOf(p), keeps(p); f.Mode != None {
		f.Scan = s.Open(keeps(p))
	}
	if f.Mode == Report && part != nil {
		f.Mode, f.Part = Replace, part
	}
	f.From = f.source()
}

// Ahead searches the next bytes of the file together with the stream, if they stand there as
// they are.
func (f *File) Ahead(rules *match.Set, sc *match.Scratch, in *match.Stream, b []byte) {
	if len(f.Data) < file.MaxData {
		rules.Ahead(sc, in, &f.Search, b, len(f.Data) == 0)
	}
}

// Waits tells that the bytes that end the file wait for the scanner.
func (f *File) Waits() bool { return f.Mode >= Replace }

// Virus is what a file is to be stopped for, "" for nothing; strict tells that what only may
// do harm is stopped, too, but never in mail.
func (f *File) Virus(r *scan.Result, strict bool) string {
	return r.Bad(strict && f.Mode == Stop)
}

// Take gives the scanner the next bytes; full tells that their packet is to wait for room.
// Mail is not slowed down: of it the scanner keeps what it has no room for.
func (f *File) Take(b []byte) (full bool) {
	if f.Scan == nil {
		return false
	}
	f.after, f.passed = f.after || f.settled, false
	return f.Scan.Write(b) && f.Mode == Stop
}

// Answer is the scanner's, nil as long as there is none.
func (f *File) Answer() *scan.Result {
	r := f.Scan.Result()
	if r != nil && f.after && r.Err == nil && r.Virus == "" {
		return &scan.Result{Err: scan.ErrGaps}
	}
	return r
}

// over tells that the answer is about all of the file.
func (f *File) over() bool { return f.Closed || f.settled }

// Arrived tells that the receiver may have all of what there is of the file.
func (f *File) Arrived() bool { return f.passed || !f.Waits() }

// Ends tells whether the bytes given last are to wait, because they may be the file's last;
// announced tells that they were said to be.
func (f *File) Ends(announced bool) (Why, bool) {
	why, most := Tail, maxPauses
	if announced {
		why, most = End, maxEnds
	}
	if f.Closed || f.Scan == nil || f.Mode != Stop {
		return why, false
	}
	if f.pauses >= most {
		f.unguarded()
		return why, false
	}
	return why, true
}

// unguarded lets what there is pass without an answer.
func (f *File) unguarded() {
	f.passed = true
	f.Scan.Unguarded()
}
