// Package demo plays the product's main job on real traffic: an office, a box and a
// hostile internet in network namespaces, one centre, one mailbox. Clients and
// servers are real, the box and the centre are processes of this same program, and
// every expectation is checked at its end: did the bytes arrive, did the alert
// appear, did the mail come.
//
// Without root the same traffic, recorded earlier, runs through the same engine
// from capture files, and everything behind the engine is the same.
package demo
