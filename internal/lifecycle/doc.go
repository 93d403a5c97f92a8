// Package lifecycle runs the parts of a role: it starts them in order, stops
// them in reverse, and says which one failed.
//
// The façades of the two wings use it, and nobody else. A part is ready when its
// start function returns, and stops when its context ends.
package lifecycle
