// Package fault measures what people in an office feel while a part of the box fails:
// a transfer that goes on, numbered datagrams, and new connections, all at once.
//
// Callers: tests in e2e. Nothing of the product depends on it.
package fault
