// Package krb5msg reads Kerberos 5 messages (RFC 4120), one a datagram over UDP or behind
// a length over TCP (section 7.2.2).
//
// A transaction is one message: a request for a ticket, its answer, or an error with the
// kind of the request that it answers. Memory is bounded by [MaxMessage]. Used by the
// engine.
//
// Pure: no goroutine, clock or I/O.
package krb5msg
