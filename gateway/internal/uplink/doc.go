// Package uplink is the box's side of the doorway: it claims an identity once,
// then carries events from the journal to the centre and tells how the box is.
//
// The box's key is made here and never leaves the folder; the centre is trusted by
// the fingerprint of its CA that the configuration names, not by any public CA.
// Events are sent at least once: the journal is acknowledged only after the centre
// answered. Nothing here ever stops traffic.
package uplink
