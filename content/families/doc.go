// Package families holds what the service can say about each kind of threat:
// one file per family under data/, with every text in Japanese and English.
//
// A signature, a virus name or a dangerous site maps to exactly one family
// ([Set.Of] never fails: two fallback families, one for each side, take what no
// other explains), and a family has its texts once: mail, portal, telephone
// script, the line for the boss and the line for the notice board all come from
// the same file. Files name a device as {device} and a moment as {time}; nothing
// else is filled in.
//
// The package is pure data and matching. The knowledge room of the centre is its
// user; rules and tests may look keys up.
package families
