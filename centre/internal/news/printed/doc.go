// Package printed is news on one sheet of paper, for a notice board: the title large, what to do, whom to ring.
//
// Pure functions of what they print. Part of level 5; the pages call it.
package printed
