// Package stream puts the bytes of one direction of a TCP connection in order.
//
// Evasion policy, for an inline device that normalises rather than guesses:
//
//   - The first copy of a byte wins. A retransmission that differs from bytes that
//     were judged and not yet acknowledged is a [Conflict]: its packet must be dropped.
//   - A segment ahead of a gap is kept (a copy) and may be forwarded: the receiver
//     cannot use it before the gap is filled, and the packet that fills it carries
//     the judgement over everything behind it. Overlaps among waiting segments
//     that differ are a Conflict as well.
//   - When too much waits, the segment is [Refused]: its packet must be dropped and
//     the sender repeats it. Memory is therefore bounded by [MaxWaiting] and [MaxKept].
//   - Bytes before the first one, as the SYN numbers it, were never judged: Refused.
//   - A gap that the receiver acknowledges and behind which the sender goes on was
//     filled by packets that we did not see (engine restarted, route changed): it
//     is skipped and counted. An acknowledgement alone skips nothing.
//   - Not covered: a sender with more than [MaxKept] bytes in flight can repeat the
//     oldest of them with other contents. Refusing would stop honest transfers.
//
// Pure: no goroutine, clock or I/O. Sequence arithmetic is modulo 2^32 (RFC 9293
// section 3.4). One [Half] is used by one worker only.
package stream
