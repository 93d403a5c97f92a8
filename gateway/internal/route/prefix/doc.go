// Package prefix asks the line for a network of IPv6 for the office (prefix delegation of DHCPv6,
// RFC 8415, which RFC 9915 takes the place of) and keeps it: from boot on, for a router that comes
// years later, over restarts of the program, and across networks that are replaced.
//
// Messages are read and written by a library; what is in one is believed only when it answers a
// question of ours. Two things of the RFC are left out: Reconfigure, which wants keys that no line
// in Japan gives, and SOL_MAX_RT of a server. Caller: route.
package prefix
