// Package mdns answers who asks the office for the box by name, "otasuke.local" (RFC 6762), so
// that nobody has to know its address. It answers that one name and nothing else; messages are
// read and written by golang.org/x/net/dns/dnsmessage. Caller: manage.
package mdns
