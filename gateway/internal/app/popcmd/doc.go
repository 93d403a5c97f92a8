// Package popcmd reads POP3 conversations (RFC 1939) as they pass: commands with their
// replies, CAPA (RFC 2449), AUTH (RFC 5034) and STLS (RFC 2595).
//
// A transaction is a command with its reply; the greeting is one without a
// command. Memory is
// bounded by the Max constants. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package popcmd
