// Package policy decides which alert rules stop the traffic they match. Public rule sets
// only report: what each rule says about itself (severity, confidence, class, direction,
// age) tells whether to trust it with that, and single rules can be set by number.
//
// Pure; used where rules are loaded.
package policy
