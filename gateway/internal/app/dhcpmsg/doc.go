// Package dhcpmsg reads DHCP version 4 (RFC 2131, RFC 2132).
//
// A transaction is one datagram; records are written of acknowledgements only, unless
// [Config.Extended] asks for all. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package dhcpmsg
