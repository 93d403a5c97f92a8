// Package literal finds which of many byte strings occur in a buffer, in one
// pass. It is the first sieve of package match: what it reports may contain a
// rule's contents, what it does not report cannot.
//
// With cgo it binds the vectorscan library for long data; what is short, and all data
// without cgo, is searched by the last bytes of the patterns in Go. Both report every
// pattern that occurs, each once a scan.
//
// A [Cache] keeps compiled databases in a folder, so that the next start need not compile.
//
// A [DB] is immutable and may be shared; a [Scratch] belongs to one goroutine.
// Only package match uses it.
package literal
