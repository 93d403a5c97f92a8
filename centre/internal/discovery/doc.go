// Package discovery stops for all what was found at one. Somebody of the staff who looks at a case proposes a name, an address, a
// page or a file; what it would cut off is asked of the boxes before; once it is confirmed it stands in the policy of every
// company (wire.Policy), so that boxes that are connected have it within seconds and others when they are back.
//
// What must hold: nothing that many people need can be stopped ([Check], [Reach.Verdict]); everything ends by itself; every step
// has who, when and why; where it was found is known to the staff alone. Proposals and steps are rows of the house
// ([tenant.House]); a company has what was stopped at it, and which of its boxes were asked.
//
// Level 4: the intake counts, the console changes; policy gives [Service.Stops] to boxes.
package discovery
