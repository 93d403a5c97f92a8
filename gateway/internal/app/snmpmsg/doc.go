// Package snmpmsg reads SNMP versions 1, 2c and 3 (RFC 1157, 3416, 3412) over UDP.
//
// A transaction is one datagram; what is no message is passed over without an event, as
// elsewhere. Encrypted messages show their user only. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package snmpmsg
