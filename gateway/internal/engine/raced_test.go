//go:build race

package engine

// The race detector makes all of it many times as slow: the numbers that count are tried
// without it.
const (
	waysEach = 2
	// lots of packets are this one of so many.
	lots = 3
	// seedsOf a corpus are this one of so many.
	seedsOf = 4
)
