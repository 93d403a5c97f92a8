// Package dnsmsg reads DNS questions and makes the answers that the box gives in
// place of a server (RFC 1035 section 4, RFC 8914 for the reason).
//
// Names are returned lower-cased, without the final dot, and with bytes that no
// host name has written as \DDD. Compression pointers are followed downwards only,
// so that no loop is possible. Pure: no goroutine, clock or I/O.
package dnsmsg
