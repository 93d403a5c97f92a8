//go:build !race

package engine

const (
	// waysEach is how many ways are tried of each conversation, so that all take a few seconds.
	waysEach = 12
	// lots of packets are all of them, seedsOf a corpus, too.
	lots    = 1
	seedsOf = 1
)
