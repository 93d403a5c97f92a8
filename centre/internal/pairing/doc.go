// Package pairing lets a box get to its company without anything being typed into it:
// the box asks for a code and shows it, somebody of the company enters the code in the
// portal, sees what it is and confirms, and the box gets its certificate with its next
// poll (the device flow of RFC 8628, with a key on the box's side).
//
// Codes are short, so what makes them safe is around them: they live a quarter of an
// hour, are used once, are kept as hashes, tries are limited by company, and so is how
// many boxes may wait. What comes of a code counts for the key that asked alone, and
// is a claim of package device from then on.
//
// Level 4: intake asks and collects, the portal looks and accepts.
package pairing
