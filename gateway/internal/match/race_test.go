//go:build race

package match

// raceDetector: under it sync.Pool forgets things at random, and with it the
// standard library's regular expressions allocate.
const raceDetector = true
