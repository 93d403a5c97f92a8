// Package dnsmsg reads DNS messages (RFC 1035 section 4) over UDP and TCP, those of
// multicast DNS (RFC 6762), and makes the answers that the box gives in place of a
// server (RFC 8914 for the reason).
//
// What is malformed and what is tolerated follows Suricata: names may point forward,
// a broken authority or additional section leaves the rest readable, and names end with
// the message. Names are bytes as sent, labels joined by dots. Work and memory are
// bounded by the size of a message: a name follows at most [maxLabels] labels and
// pointers, and the text of all names of a message has a limit.
//
// The engine makes readers and answers; readers of DNS over HTTP use [Message]. Pure:
// no goroutine, clock or I/O.
package dnsmsg
