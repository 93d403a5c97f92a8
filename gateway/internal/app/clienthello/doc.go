// Package clienthello reads what a TLS connection says before it is encrypted:
// the ClientHello (RFC 8446 section 4.1.2) with its server name (RFC 6066 section 3)
// and JA3 text, the ServerHello, and the certificates of TLS 1.2 and older.
//
// It does not implement TLS. Pure: no goroutine, clock or I/O.
package clienthello
