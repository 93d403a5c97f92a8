// Package quichello opens the first packets of a QUIC connection, which anyone
// on the path can (RFC 9001 section 5.2: Initial keys come from the connection
// id), to read the ClientHello inside. Versions 1 (RFC 9000) and 2 (RFC 9369).
//
// A ClientHello may be spread over several packets and CRYPTO frames in any
// order; [Initial] puts them together with bounded memory.
//
// Pure: no goroutine, clock or I/O.
package quichello
