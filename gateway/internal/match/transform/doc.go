// Package transform shows a buffer as a rule wants to see it: lower case, decoded,
// unpacked, hashed (rule-language chapter Transformations).
//
// Pure functions that write into memory of the caller; what becomes longer is bounded.
// Only match calls it.
package transform
