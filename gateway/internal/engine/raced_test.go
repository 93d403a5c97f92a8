//go:build race

package engine

// waysEach: the race detector makes each twelve times as slow; all are tried without it.
const waysEach = 2
