// Package discovery is the console's pages about what is stopped for all because it was found at one company: proposing it from
// a case, looking at what it would cut off, confirming, renewing, taking back, and how far it has come.
//
// Level 6, part of the console. Where something was found only the staff see, by the case that it leads to.
package discovery
