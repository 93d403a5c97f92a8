// Package tftpmsg reads the requests of TFTP (RFC 1350).
//
// A transaction is a request to read or write a file; the transfer itself goes between
// other ports. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package tftpmsg
