// Package uri reads the target of a request (RFC 9112 section 3.2) and the host that it
// is for as lenient servers do: whatever hides a path, from percent signs to letters
// of full width, is taken off once.
//
// Callers: the reader of HTTP/1, and sites and listfile, which must see pages as it does.
// Nothing here keeps or changes what it is given.
package uri
