// Package http2 reads HTTP/2 (RFC 9113) in the open: frames, headers (HPACK, RFC 7541)
// and bodies. A stream is a transaction whose buffers are those of HTTP; each frame of
// stream 0 is one of its own. DNS inside (RFC 8484) is read, too: its transactions are of
// the protocol "doh2" and have the buffers of DNS besides.
//
// What is malformed and how streams end follows Suricata. Frames, headers, streams and
// bodies that are kept are bounded by the constants of config.go. The engine makes
// readers, for connections that begin with the client's preface and for those that were
// upgraded.
//
// Pure: no goroutine, clock or I/O.
package http2
