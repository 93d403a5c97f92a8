// Package match says which rules a piece of traffic fulfils.
//
// [Compile] turns checked rules into an immutable [Set], which all workers
// share; each worker has its own [Scratch]. What must be remembered between
// calls (bits of a flow, rules waiting for the other buffers of a transaction,
// counters of hosts) lies in [FlowState], [TxState] and [hosts.State], which the
// engine keeps at its own flows and transactions without looking inside.
//
// One pass of package literal over each new buffer, for the bytes of each rule that
// package rarity thinks are seldom, and package gate leave few candidates. A candidate
// is tried against header, flow and contents, cheap things first, in the order pass,
// drop, reject, alert.
//
// Invariants: nothing is allocated for traffic that fulfils no rule, except
// inside look-around expressions and where an expression is needed for the first time since the
// set was made; the work for one buffer and rule is bounded
// (maxWork); a Set never changes. The package has no goroutine, clock or
// output. Only the engine calls it.
package match
