// Package value reads the values of rule keywords: bytes with hexadecimal parts,
// comparisons, dates, sizes, lists. Errors say how to write the value. Pure; used by
// rule/parse.
package value
