// Package apps tells which application a conversation is of, and whether a company wants
// it: names that are asked for (TLS, QUIC, HTTP), the protocol that is spoken, first
// bytes, the answer of DNS that gave the address, the client's fingerprint, and addresses
// and ports, in this order of trust. The longest listed name decides.
//
// A [Table] does not change once built and is shared; [Answers] are shared, too, bounded
// and without locks. A [Flow] is what the engine keeps of each conversation. Hints that
// several applications may share (an answer of DNS, a fingerprint, a port) name a
// conversation and never block it.
//
// Pure: no goroutine, clock or I/O. Callers: engine, gateway.
package apps
