// Package coding undoes the content codings of HTTP bodies (RFC 9110 section 8.4) that
// arrive in pieces: gzip, deflate and br, one in another.
//
// A [Chain] goes by what a body begins with more than by what it is called, and takes
// what does not decode for what it is: browsers do. It bounds its memory by a [Pool]
// and its work by the one who takes what comes out and may stop it. Readers of HTTP
// call it.
package coding
