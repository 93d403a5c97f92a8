// Package appid finds out which application protocol a conversation speaks, from its
// first bytes: patterns that may stand at any port, then probes for the protocols that
// are known to live at its ports. Each direction is recognised alone; where they
// disagree, or only one is recognised, an event says so.
//
// Pure: no goroutine, clock or I/O. The work for one direction is bounded by the longest
// pattern's depth and a probe for each protocol of its ports. Only the engine calls it.
package appid
