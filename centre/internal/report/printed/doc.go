// Package printed puts the monthly report on paper: at most four pages of A4, the last of which
// names nobody and hangs on the notice board by itself.
//
// It is a pure function of the figures that were kept, so that what is downloaded years later is
// the same. Part of level 4; the portal calls it.
package printed
