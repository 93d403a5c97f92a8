// Package dhtmsg reads the distributed hash table of BitTorrent (BEP 5, BEP 32).
//
// A transaction is one datagram: a question, an answer or an error, in bencoding (BEP 3).
// Nesting and lists are bounded. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package dhtmsg
