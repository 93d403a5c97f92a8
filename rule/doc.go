// Package rule reads the Suricata rule language: rule text becomes checked
// rules that a matcher can run without asking anything again.
//
// A bad rule never stops a file: it becomes a [Refusal] that says the line,
// the signature id, the keyword and what to do, and the others still load.
// A [Rule] is immutable after [Parse] returned it and may be shared.
//
// The package is pure: no goroutine, no clock, no input or output. It imports
// the standard library alone. Box and centre both use it.
package rule
