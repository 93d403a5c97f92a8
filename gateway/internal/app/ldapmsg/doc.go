// Package ldapmsg reads LDAP version 2 and 3 (RFC 4511) over TCP, and over UDP, where a
// message ends with its datagram at the latest.
//
// A transaction is a request with all its answers; the answers so far are judged together
// as they come. After StartTLS (section 4.14) the conversation becomes another.
// Filters and controls are passed over. Memory is bounded by the Max constants. Used by
// the engine.
//
// Pure: no goroutine, clock or I/O.
package ldapmsg
