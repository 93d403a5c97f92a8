// Package flow knows which conversation a packet belongs to.
//
// A [Table] is owned by one worker and is not safe for concurrent use: the
// kernel gives both directions of a conversation to the same queue. It has no
// clock; the time of each packet is given in microseconds. Memory is bounded by
// [Table.Max]: when it is full, the conversation that was quiet longest goes.
// Flows are reused, so a *Flow must not be kept after its table dropped it.
//
// A conversation that begins anew between the same ports (a SYN after the end, a
// SYN with another number that nobody answered before or that was cut, the answer to another SYN)
// is a new Flow: what was read of the old one must not hide the new one's bytes.
//
// Who speaks first is the client; the answering side is only recognised where it is
// sure (a SYN+ACK, TCP from a well-known port, an answer of DNS). VLANs and tunnels
// have conversations of their own, and ICMP one for each kind of question.
//
// The caller's own state of a conversation is the type parameter.
package flow
