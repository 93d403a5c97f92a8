// Package capture is where packets come from: the kernel's packet queue
// ([Queue], inline) or a capture file ([File], offline).
//
// Both fulfil [Source], and one conformance suite (conform, in the tests)
// holds them to it: packets come one at a time on one goroutine, in order; each
// gets exactly one verdict; a held packet waits for Decide without stopping
// the ones behind it (a file, which has no one waiting, stops until it is decided).
//
// Queue is a lean netlink loop: one locked thread, one reused buffer, no
// allocation per packet, verdicts sent in batches. It asks the kernel for
// unsegmented bundles (NFQA_CFG_F_GSO) and to pass packets when the queue is full
// (NFQA_CFG_F_FAIL_OPEN); the rule that feeds it lets packets pass when nobody listens.
package capture
