// Package tlsmsg reads what a TLS connection says before it is encrypted: the hellos
// (RFC 8446 section 4.1) with names, protocols and fingerprints (JA3, JA4), the
// certificates of TLS 1.2 and older, alerts, and heartbeats; and the hello of SSL 2.
//
// It does not implement TLS and proves nothing about what it reads. What is malformed
// and when reading stops follows Suricata. Handshake messages may be spread over records
// and records over segments in any way; what is kept is bounded by [maxMessage]. The
// engine makes readers; readers of QUIC use [ClientHello] and [ServerHello].
//
// Pure: no goroutine, clock or I/O.
package tlsmsg
