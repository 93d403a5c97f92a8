// Package mimemsg reads mail messages (RFC 5322, MIME RFC 2045-2047, RFC 2183, RFC
// 2231) line by line as they pass: headers, nested multiparts, attachments decoded from
// base64 and quoted-printable, and the web addresses in their texts.
//
// Only parts that carry a name are files; texts without one are searched for
// addresses. What is malformed is passed over and reported by name. Memory is
// bounded by the Max constants, work is linear in the bytes given. Used by readers
// of mail protocols.
//
// Pure: no goroutine, clock or I/O.
package mimemsg
