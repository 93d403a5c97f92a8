// Package policy knows what each company wants of its boxes: a template that operators have made, and the company's own
// differences from it. What counts is worked out from the two ([Effective]), each line with where it comes from, and is what
// boxes are told (wire.Policy).
//
// Every change is a step that stays: who, when, why, before and after. Undoing a step is a new step that takes back what that
// one changed and leaves what came later. Who changes what somebody else has changed meanwhile is told, and nothing is lost.
// Templates and their steps are rows of the house ([tenant.House]); a company has its own.
//
// Level 3: the intake tells boxes, the faces change.
package policy
