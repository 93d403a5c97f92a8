// Package manage gives the box an address of its own, where the configuration wants one: by
// DHCP or as written, on the bridge or on a port for nothing else. Under it people inside the
// office reach the page of the box, and it reaches the centre.
//
// Invariants: no address without a guard ([Rules]): from outside nothing new comes in, from
// inside only the page, what helps to find it, and SSH where the configuration says so.
// /etc/resolv.conf is the system's: the box's own program asks the servers that it was told,
// and resolv.conf in its folder has them for an appliance to link to. Address and guard stay
// when the program ends; an address by DHCP runs out by itself. Caller: gateway.
package manage
