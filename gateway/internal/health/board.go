package health

import (
	"maps"
	"sync"
	"time"

	"otasuke/gateway/internal/selftest"
	"otasuke/wire"
)

// Counts of an engine.
type Counts struct {
	Rules, Sites                  int
	Packets, Blocked, Uninspected uint64
	Scanner                       wire.State
	Tested                        wire.State // whether the name of the self-test is blocked; "" when nobody looked
	Signatures                    int64      // when the scanner's were made, seconds since 1970; 0 for unknown
}

// Board holds the state.
type Board struct {
	mu       sync.Mutex
	software string
	started  time.Time
	engine   bool
	journal  error
	memory   bool // events are kept there alone
	counts   Counts
	wake     func()
	line     Line
	cables   map[string]wire.State
	told     chan struct{} // closed with the next Counts; nil while nobody waits
}

// Line is how the centre is reached.
type Line struct {
	Last    time.Time     // when it answered
	Ahead   time.Duration // its clock of ours, then
	Trouble error         // why it did not answer the last time; nil when it did
}

// Line is how the centre was reached the last time.
func (b *Board) Line() Line {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.line
}

// Reached hears of each heartbeat.
func (b *Board) Reached(ahead time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line.Trouble = err
	if err == nil {
		b.line.Last, b.line.Ahead = time.Now(), ahead
	}
}

// Tried hears why the centre could not be reached before the box had its identity.
func (b *Board) Tried(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.line.Trouble = err
}

// Cable tells whether a port, [wire.PartRouter] or [wire.PartOffice], has a cable; "" when that
// is not known.
func (b *Board) Cable(port string, s wire.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cables == nil {
		b.cables = map[string]wire.State{}
	}
	if b.cables[port] = s; s == "" {
		delete(b.cables, port)
	}
}

// New makes a board for a box that was started then.
func New(software string, started time.Time) *Board {
	return &Board{software: software, started: started}
}

// Wake sets what is called when there is something new for the centre.
func (b *Board) Wake(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake = f
}

// Changed tells that the journal has something new.
func (b *Board) Changed() {
	b.mu.Lock()
	f := b.wake
	b.journal = nil
	b.mu.Unlock()
	if f != nil {
		f()
	}
}

// Engine tells whether traffic is inspected.
func (b *Board) Engine(up bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.engine = up
}

// JournalFailed tells that an event could not be kept.
func (b *Board) JournalFailed(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.journal = err
}

// InMemory tells that the disk does not take events: they are kept, but not beyond a power cut.
func (b *Board) InMemory() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.memory = true
}

// Counts takes the engine's figures.
func (b *Board) Counts(c Counts) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts = c
	if b.told != nil {
		close(b.told)
		b.told = nil
	}
}

// Next is closed when the engine tells its figures the next time.
func (b *Board) Next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.told == nil {
		b.told = make(chan struct{})
	}
	return b.told
}

// StateOf is [wire.StateOK] for what works, else [wire.StateDown].
func StateOf(ok bool) wire.State {
	if ok {
		return wire.StateOK
	}
	return wire.StateDown
}

// Report is the state as the centre reads it.
func (b *Board) Report(now time.Time) wire.Health {
	b.mu.Lock()
	defer b.mu.Unlock()
	virus := b.counts.Scanner
	if !b.engine && virus != wire.StateOff && virus != wire.StateWaiting {
		virus = wire.StateDown
	}
	sites := StateOf(b.engine && b.counts.Sites > 0)
	if b.counts.Sites == 0 && b.engine {
		sites = wire.StateOff
	}
	var made time.Time
	if b.counts.Signatures > 0 {
		made = time.Unix(b.counts.Signatures, 0).UTC()
	}
	h := wire.Health{
		Signatures: made,
		Time:       now.UTC(), Software: b.software, Uptime: int64(now.Sub(b.started).Seconds()), Protecting: b.engine,
		Parts: map[string]wire.State{
			"inspection": StateOf(b.engine), "virus": virus, "sites": sites, "journal": StateOf(b.journal == nil && !b.memory), "uplink": wire.StateOK,
		},
		Rules: b.counts.Rules, Sites: b.counts.Sites, Packets: b.counts.Packets, Blocked: b.counts.Blocked, Uninspected: b.counts.Uninspected,
	}
	maps.Copy(h.Parts, b.cables)
	if b.counts.Tested != "" {
		h.Parts[wire.PartTest] = StateOf(b.engine && b.counts.Tested == wire.StateOK)
	}
	if !b.line.Last.IsZero() {
		h.Parts[wire.PartClock] = StateOf(b.line.Ahead.Abs() <= selftest.MaxSkew)
	}
	return h
}
