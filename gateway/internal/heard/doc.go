// Package heard reads what devices of an office call out to everybody: ARP and neighbour
// discovery, DHCP, multicast DNS, SSDP, NetBIOS names and browsing, LLMNR, WS-Discovery and
// LLDP. A frame becomes notes ([Note]); nothing is kept between frames.
//
// What a device says of itself counts, what it asks for does not: a request of DHCP is no
// proof of an address, its acknowledgement is. Texts are short, printable UTF-8.
//
// Pure: no goroutine, clock or I/O. Caller: gateway.
package heard
