// Package ber reads ASN.1 in its basic encoding (ITU-T X.690): tags, lengths, and the
// few kinds of values that network protocols have.
//
// Lengths are definite and at most 4 bytes long, tag numbers below 31: nothing else is
// sent by the protocols that are read here. Readers of protocols call it.
//
// Pure: no goroutine, clock or I/O.
package ber
