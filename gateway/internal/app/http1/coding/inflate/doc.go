// Package inflate undoes DEFLATE (RFC 1951) for data that arrives in pieces.
//
// The standard library's reader pulls from a source that may block; a reader of
// protocols is pushed. A [Decoder] takes any cut of the compressed bytes, keeps
// what it cannot use yet (less than 8 bytes), and gives the plain bytes to a
// function. It allocates nothing while it works and never fails on more than the
// data: a broken stream is [ErrCorrupt].
//
// Readers of protocols that carry compressed bodies call it.
package inflate
