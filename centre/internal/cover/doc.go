// Package cover keeps what the simple insurance pays for a first response: policy years that begin with the contract, whether a visit
// can be claimed and why, claims with their papers, and what the insurer decided.
//
// The insurer decides; this room prepares and writes down. A use of the cover is taken when a claim is made, by an index of the database:
// of two claims at the same second one gets it. Refused and withdrawn claims give it back. Money is whole yen.
//
// Level 4: it reads contracts, alerts and visits.
package cover
