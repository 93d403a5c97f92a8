// Package session follows the state of a TCP connection (RFC 9293 section 3.3.2) as a
// watcher between its ends sees it, says which segments belong to it, and names what no
// correct end does, as the rule keyword stream-event spells it.
//
// A segment that does not belong to the connection (wrong numbers, out of the window,
// an old time stamp) is one that its receiver does not take: its bytes are not to be
// judged as part of the conversation. That is for captures. Inline nothing is believed
// that the receiver might see otherwise: package stream decides there.
//
// Pure: no goroutine, clock or I/O. One [Session] belongs to one worker.
package session
