// Package frontpage is the page of the box itself, for the people of the office: the code
// with which the box is connected, lamps that a layman can read, and a test.
//
// It changes nothing and shows no secret but the code, which is worth something only to who
// is logged in at the centre. It answers devices of the office alone, under the box's own
// addresses and names (against DNS rebinding), needs no script and asks nobody else for
// anything. Under the name of the self-test it shows the page that a blocked site would:
// the engine leads browsers there.
//
// The supervisor runs it; the state that it shows is asked for with each page.
package frontpage
