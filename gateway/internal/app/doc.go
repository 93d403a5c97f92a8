// Package app is the contract between readers of application protocols and the
// engine.
//
// A reader lives in a room of its own below this one, reads one conversation and
// tells a [Sink] what it found: transactions with their buffers, numbers and events,
// and files. It decides nothing. Buffers, numbers and events are all [Value]s, named
// by [rule.Buffer]: a rule's condition on any of them is one match on one value.
//
// A reader is pure: no goroutine, clock or I/O. It never fails: what it cannot read it
// reports as an event and passes over, or it stops reading that direction. It bounds
// what it keeps. It must not panic on any bytes, in any cut.
package app
