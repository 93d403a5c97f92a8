// Package quichello reads what a QUIC connection says before it is encrypted for its
// ends alone. Initial packets can be opened by anyone on the path, because their keys come
// from the connection id (RFC 9001 section 5.2): versions 1 (RFC 9000) and 2 (RFC 9369),
// drafts and their relatives. The hellos inside may be spread over packets and CRYPTO
// frames in any order. Before, Google's QUIC said the same in the open, in tags.
//
// Each packet with a long header is a transaction, until a direction's hello is seen;
// what is told of packets follows Suricata. What is kept is bounded by [maxCrypto]. The
// engine makes readers.
//
// Pure: no goroutine, clock or I/O.
package quichello
