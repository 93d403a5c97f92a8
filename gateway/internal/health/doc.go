// Package health keeps what the box knows about itself: is traffic inspected, does
// the scanner answer, can events be kept. It decides nothing; it is the one place
// that a heartbeat, the status page and the log read. Safe for concurrent use.
package health
