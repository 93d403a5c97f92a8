// Package rdpmsg reads the beginning of remote desktop connections: the X.224 connection
// and the MCS connect messages (MS-RDPBCGR sections 2.2.1.1 to 2.2.1.4).
//
// A transaction is one message. Where both sides go on in TLS its certificates are all
// that is read; what is neither ends the reading. Memory is bounded by the size of a
// message, 64 KiB. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package rdpmsg
