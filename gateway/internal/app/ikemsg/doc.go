// Package ikemsg reads the Internet Key Exchange, versions 1 (RFC 2408, RFC 2409) and 2
// (RFC 7296), over UDP with or without the marker of port 4500 (RFC 3948).
//
// A transaction is one datagram. What the sides of version 1 have shown is kept for the
// conversation. The values of ike.chosen_sa_attribute are two numbers of 8 bytes: the
// attribute's place in the list of the rule language, and its value. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package ikemsg
