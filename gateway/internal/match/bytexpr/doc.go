// Package bytexpr runs the regular expressions of rules over bytes.
//
// A byte is the Latin-1 rune of the same number, so that places, classes and
// counts mean bytes as they do in PCRE. Expressions run in linear time wherever
// the language allows it; only look-around and back-references take a
// backtracking engine, bounded in time and input. An expression that reaches
// the bound does not match.
//
// Only package match uses it.
package bytexpr
