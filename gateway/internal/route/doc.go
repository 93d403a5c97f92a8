// Package route makes the box the router of an office that has none: the inside has one public
// address of IPv4 together (RFC 3022), and of IPv6 a network that the line gives it (package
// prefix). It gets addresses and names from Debian's dnsmasq, which the box runs and watches, and
// nobody outside begins anything.
//
// Invariants: no forwarding without the rules; rules and forwarding stay when the program ends,
// so that the office keeps its line. The address outside is package manage's. Where the line gives
// no network, IPv6 is not routed. Caller: the supervisor.
package route
