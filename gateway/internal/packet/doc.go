// Package packet turns captured frames into header fields, and says what is wrong
// with them.
//
// [Decoder] is the way in: it reads every link layer, tag and tunnel that it knows and
// gives each packet in a frame as a [Packet], with the events that the rule keyword
// decode-event names. It has no other opinion about what it reads. It agrees packet by
// packet with Suricata 8.0.6, whose rules it serves; where that was measured, the
// oldest peculiarities are followed too and said beside the code. A Decoder never
// allocates but for fragments, and its packets hold slices of the input, so they are
// good only as long as that and until the next frame. Pure: no goroutine, clock or I/O.
//
// [Datagrams] puts fragments together again with bounded memory, for the Decoder.
//
// Invariants: the first packet of a frame is the frame's own, even when nothing in it
// decoded; a packet has Version 0 and no Data, addresses or ports unless its IP header
// decoded; TransportHeader is nil unless the transport header did.
//
// Callers: engine, flow, stream, capture, and tests.
package packet
