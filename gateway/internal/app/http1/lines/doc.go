// Package lines cuts the head of an HTTP/1 message into lines as browsers and lenient
// servers do, whatever ends them.
//
// A [Scanner] looks at bytes that grow behind what it has seen already, and at each of
// them once. Only the reader of HTTP/1 calls it.
package lines
