// Package sshhello reads the part of SSH conversations that is not encrypted: the
// banners (RFC 4253 section 4.2) and the key exchange up to NEWKEYS (section 7.3), with
// the HASSH fingerprints of what both sides offer.
//
// One transaction is the whole conversation. Reading ends with NEWKEYS of a direction,
// or where the bytes are no SSH. Memory is bounded by [MaxPacket]. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package sshhello
