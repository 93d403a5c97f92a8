// Package dhcp asks for the box's own address (RFC 2131) and keeps it: from boot on, for a
// router that comes years later, and across routers that are replaced.
//
// It speaks by a packet socket, as there is no address to speak from before. Messages are read
// and written by gopacket; what is in a message is believed only when it answers a question of
// ours. Caller: manage.
package dhcp
