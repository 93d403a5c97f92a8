//go:build !race

package engine

// waysEach is how many ways are tried of each conversation, so that all take a few seconds.
const waysEach = 12
