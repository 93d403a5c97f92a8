// Package mirror takes packets from a port that gets a copy of the office's traffic: the mirror
// port of a switch, or a tap in the cable. It only listens: nothing is ever sent there, and
// verdicts mean nothing.
//
// Packets lie in memory that the kernel shares with us (TPACKET_V3, the kernel's
// Documentation/networking/packet_mmap.rst) and are judged where they lie. Several mirrors
// share the port's conversations by hash, both directions of one in the same mirror. What the
// ring has no room for is counted. Callers: gateway, and [Prepare] by its supervisor.
package mirror
