// Package rule is the vocabulary of the Suricata rule language: what a checked
// rule is made of, so that a matcher can run it without asking anything again.
//
// Package rule/parse turns text into rules. A [Rule] is immutable after that and
// may be shared. The package is pure: no goroutine, no clock, no input or output.
// It imports the standard library alone. Box and centre both use it.
package rule
