// Package ntpmsg reads NTP versions 3 and 4 (RFC 1305, RFC 5905).
//
// A transaction is one datagram; no records are written of them, and what is
// no message is passed over without an event, as elsewhere. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package ntpmsg
