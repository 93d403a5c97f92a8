// Package qr draws QR codes (ISO/IEC 18004): bytes, versions 1 to 10, error correction M,
// which is 213 bytes at most: addresses, claim codes, secrets of authenticators.
//
// It is a pure room: no clock, no I/O. Anyone may use it.
package qr
