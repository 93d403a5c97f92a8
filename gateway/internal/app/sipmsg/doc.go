// Package sipmsg reads SIP (RFC 3261) over UDP and TCP, with the session descriptions
// (SDP, RFC 8866) in its messages.
//
// A transaction is one message: a request of the client or a response of the server.
// What is no message is passed over; over TCP it ends the reading of its direction.
// Memory is bounded by [MaxHead] and [MaxBody]. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package sipmsg
