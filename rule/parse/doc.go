// Package parse reads Suricata rule text: what comes out are checked rules of
// package rule.
//
// A bad rule never stops a file: it becomes a refusal that says the line, the
// signature id, the keyword and what to do, and the others still load.
//
// The package is pure: no goroutine, no clock, no input or output. It imports the
// standard library and package rule alone. Box and centre both use it.
package parse
