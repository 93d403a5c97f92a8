// Package httpmsg reads HTTP/1 conversations (RFC 9112) as they pass: heads,
// bodies with the transfer coding taken off, pipelining, tunnels.
//
// It reads leniently, as servers do (bare LF, folded lines, spaces before the
// colon), because what a server accepts must be seen. Where a message can be
// read in two ways (both Content-Length and chunked, two different lengths) it
// takes the reading of RFC 9112 section 6.3 and marks the message [Message.Odd].
//
// Memory per connection is bounded by [MaxHead], [MaxTransactions] and [MaxBody].
// Pure: no goroutine, clock or I/O.
package httpmsg
