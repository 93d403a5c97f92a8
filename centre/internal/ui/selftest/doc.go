// Package selftest is the pages on which a box is asked to test itself now, and on which it stands what it found: in the
// portal for the own company, in the console for every one. The box answers over its own connection within seconds; while it
// does not, the page says since when it is away and what to do.
//
// Level 6, part of the portal and of the console.
package selftest
