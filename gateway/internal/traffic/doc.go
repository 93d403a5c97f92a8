// Package traffic has the rows of the traffic log: who talked to whom, for how long, how
// much, and what became of it. Workers of the engine put rows into a [Gather]; what it
// hands out as bytes goes to the supervisor, which keeps it.
//
// Callers: usage, engine, gateway, flowlog.
package traffic
