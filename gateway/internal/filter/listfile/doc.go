// Package listfile reads lists of dangerous names, pages and addresses in the forms in
// which they are published.
//
// A list comes from outside: a line that is not understood, or that would block too much,
// is counted and named, and the others count. Lines are read without allocation, as lists
// have millions. Callers: gateway.
package listfile
