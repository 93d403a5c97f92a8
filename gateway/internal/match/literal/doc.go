// Package literal finds which of many byte strings occur in a buffer, in one
// pass. It is the first sieve of package match: what it reports may contain a
// rule's contents, what it does not report cannot.
//
// With cgo it binds the vectorscan library; without, it uses an Aho-Corasick
// automaton in Go. Both report every pattern that occurs, each at most once a
// scan. The automaton may also report a case-sensitive pattern that occurs in
// another case only, so callers must verify.
//
// A [Cache] keeps compiled databases in a folder, so that the next start need not compile.
//
// A [DB] is immutable and may be shared; a [Scratch] belongs to one goroutine.
// Only package match uses it.
package literal
