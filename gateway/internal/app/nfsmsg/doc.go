// Package nfsmsg reads the network file system, versions 2 (RFC 1094), 3 (RFC 1813) and 4
// (RFC 7530, and what RFC 8881 adds around it), over UDP and TCP (RFC 5531 section 11).
//
// A transaction is a call with its reply. Calls that read or write a file belong to one
// transaction for the file and the direction, which ends when the file does; it carries
// the file's contents. Names of files are remembered by their handle. In version 4 only
// compounds that create or remove make transactions of their own. Memory is bounded by the
// Max constants. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package nfsmsg
