// Package engine is the only room that joins the others: packets in, verdicts and
// records out.
//
// An [Engine] holds what all workers share (rules, lists, counters); a [Worker] is
// one capture.Handler with its own flows. Workers share nothing that changes, so
// there are no locks on the packet path.
//
// How a packet is judged: decode → put fragments together → find its flow → put
// TCP bytes in order → read the application → match rules, look names up, scan files →
// verdict. Inline, the packet that completes a finding is the one that is stopped;
// everything before it was harmless alone. A panic costs the flow its inspection
// and is counted; the packet passes.
package engine
