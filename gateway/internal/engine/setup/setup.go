// Package setup is what an engine is made with. Only the engine uses it; others know its
// Config as the engine's.
package setup

import (
	"net/netip"
	"sync/atomic"

	"otasuke/gateway/internal/appeal"
	"otasuke/gateway/internal/appid"
	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/fault"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/readers"
	"otasuke/gateway/internal/scan"
	"otasuke/gateway/internal/session"
	"otasuke/gateway/internal/usage"
)

// Limits.
const (
	// DefaultFlows held by a worker: an office of 100 PCs shows under 10,000.
	DefaultFlows = 100_000
	// DefaultBudget of bytes that are judged of one direction of a connection whose
	// application is not known; then the kernel forwards the rest by itself.
	DefaultBudget = 8 << 20
)

// Config of an engine.
type Config struct {
	// Rules are the compiled rules, until they are swapped. Required.
	Rules *match.Set
	// Lists of dangerous names and addresses; nil for none.
	Lists *filter.Lists
	// Home tells inside addresses. Required.
	Home func(netip.Addr) bool
	// Scanner of files; nil for none.
	Scanner *scan.Scanner
	// StopFlagged stops files that nobody can look into and that may act by themselves like
	// those with a virus while it is true; without it they are only told of. It may change at any time.
	StopFlagged *atomic.Bool
	// KeepMail lets infected parts of mails pass and only tells of them; without it they are
	// replaced by a text.
	KeepMail bool
	// Inline tells that verdicts are carried out: drop rules drop. Without it
	// everything passes and records say "allowed".
	Inline bool
	// Emit takes records as [eve.Batch] says, from several workers at a time; inline it must
	// not block. A worker gathers Gather of them, but no longer than until the next tick,
	// with an alert until no packet waits; at most 1 gathers nothing.
	Emit   func([]*eve.Record) (blank int)
	Gather int
	// Fault takes what made the inspection of a flow fail; it must not block. Nil for nobody.
	Fault func(fault.Fault)
	// LogApps writes http, dns, tls, quic and fileinfo records, LogFlows flow records.
	LogApps, LogFlows, LogAnomalies bool
	// EVE says what records tell beyond the least.
	EVE evelog.Config
	// Midstream decides about connections whose beginning was not seen.
	Midstream evelog.Policy
	// Apps says which applications are recognised.
	Apps appid.Config
	// Applications tells what conversations are used for; nil for nobody. Usage adds up what
	// devices use; nil for nobody.
	Applications *apps.Known
	Usage        *usage.Table
	// Appeals takes what people answer to block pages; nil for nobody.
	Appeals *appeal.Desk
	// Session says which TCP connections are followed. It counts offline only: inline
	// every connection is judged, however it was met.
	Session session.Config
	// Readers says what readers of applications look at.
	Readers readers.Config
	// AnyLevel takes conversations of different tunnel depths for the same when their
	// ends are.
	AnyLevel bool
	// FileHashes makes MD5, SHA-1 and SHA-256 of every file, in this order; FileMagic
	// names its type.
	FileHashes [3]bool
	FileMagic  bool
	// AnyVLAN takes packets of one conversation together whatever their VLAN tags.
	AnyVLAN bool
	// BypassMark is put on connections that have been seen enough; 0 never lets go.
	BypassMark uint32
	// Budget replaces DefaultBudget; negative means no limit.
	Budget int64
	// MaxFlows replaces DefaultFlows.
	MaxFlows int

	// MaxMemory in bytes that the process may have in use; past it the quietest
	// conversations go. 0 for no bound.
	MaxMemory uint64

	// Probe is called for each packet of a flow; tests make it fail.
	Probe func()
}

// Complete fills in what is not said.
func (cfg *Config) Complete() {
	if cfg.MaxFlows == 0 {
		cfg.MaxFlows = DefaultFlows
	}
	if cfg.Budget == 0 {
		cfg.Budget = DefaultBudget
	}
	if cfg.StopFlagged == nil {
		cfg.StopFlagged = new(atomic.Bool)
	}
	cfg.Session.Inline = cfg.Inline
}

// Counters of all workers.
type Counters struct {
	Packets, Bytes, Blocked, Uninspected   atomic.Uint64
	Malformed, Conflicts, Panics, Bypassed atomic.Uint64
	Flows                                  atomic.Int64
	// Last is the time of the last packet, microseconds.
	Last atomic.Int64
}
