// Package filter answers one question: may an inside device reach this name or
// address?
//
// [Lists] is immutable once built: reading a list makes a new one, and the engine
// swaps it in. A name is looked up as a 56-bit hash of each of its suffixes; two
// different names share a hash once in 10^10 lookups in lists of millions, which
// is rarer than a wrong entry in any list, and the memory is 8 bytes an entry.
//
// Pure but for [Read], which reads from its reader. Callers: engine, gateway.
package filter
