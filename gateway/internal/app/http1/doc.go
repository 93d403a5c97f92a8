// Package http1 reads HTTP/1 and 0.9 (RFC 9110, 9112) as Suricata does, with the
// leniency of browsers and servers that attackers rely on: what one of them takes for
// a message is read as one, and what is odd about it becomes an event.
//
// A [Conn] reads both directions of one conversation and fills transactions of a
// request and its answer with the buffers of rules, as [Config] wants them. Bodies
// are unchunked and decoded; what they carry goes to the sink as files.
//
// Invariants: pure; never fails or panics on any bytes; one transaction's memory is
// bounded by [MaxHead] and the body limits and is used again; in the steady state an
// ordinary request and answer allocate nothing. Any cut of the same conversation gives
// the same transactions, but for bytes behind the end of a message: those that come
// with its end belong to it, as in Suricata.
//
// The engine makes one Conn for each conversation that it recognized.
package http1
