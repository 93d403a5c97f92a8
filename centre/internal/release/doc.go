// Package release lets bundles out to boxes in waves, and stops by itself when boxes get worse.
//
// A release is a bundle in the repository of package repo, and how far it has gone. Boxes stand
// in an order that is another one for each release; a wave is all boxes up to a place in it: one
// box, a hundredth, a tenth, all. A box asks with each heartbeat, so one that was off gets the
// newest when it is back. What a bundle is, only signatures say: this package says when.
package release
