// Package tail follows a file of lines that another program writes and rotates.
//
// A [Follower] gives whole lines in batches, in order, and notes on disk how far it
// came after the caller has taken a batch: after a restart it goes on there. A line is
// given twice only when the process dies between the two, and never lost, with one
// exception: lines that were written and rotated away twice while nobody followed.
//
// It copes with: a file that is not there yet, a half-written last line, rotation by
// renaming (the rest of the old file first, also after a restart), and truncation in
// place. Caller: gateway.
package tail
