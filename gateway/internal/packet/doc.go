// Package packet turns the bytes of one IP packet into header fields.
//
// [Packet] is a plain struct that is reused for each packet; Decode never
// allocates and keeps slices of the input, so a Packet is valid only as long as
// its input. The package has no opinion about what it reads: whether a checksum
// or a TTL is odd is a question for its caller. Pure: no goroutine, clock or I/O.
//
// [Datagrams] puts fragments together again with bounded memory. [Strip] takes
// the link layer off a frame that was read from a capture file.
//
// Callers: engine, flow, stream, capture, and tests.
package packet
