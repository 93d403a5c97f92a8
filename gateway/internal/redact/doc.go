// Package redact replaces a part of a mail, on its way, by a text that says why it is gone.
//
// Nothing is added to a connection and nothing taken away: the text takes exactly the bytes
// that the part has, so that the numbers of both ends stay right. The first bytes of a part
// have passed when the scanner speaks, so the box cannot replace what it has not seen before:
// a mail that brings a virus is broken off once before its end, which its sender or reader
// answers by sending or fetching it again, and the second time the part is replaced from its
// first byte on ([Memory]). What is sent again is changed in the same way ([Editor]).
// See docs/adr/0010-infected-parts-of-mail.md.
//
// It decides nothing and sends nothing. Only the engine and watch call it.
package redact
