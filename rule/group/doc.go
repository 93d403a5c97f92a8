// Package group reads address and port groups of rule headers: lists, exclusions and
// variables become sorted ranges. Nesting is bounded, so that a variable that names itself
// ends in an error. Pure; used by rule/parse.
package group

import "otasuke/rule"

// Reader reads groups. The zero value knows no variables.
type Reader struct {
	// Vars are address and port variables without the dollar sign.
	Vars map[string]string

	addrs map[string]*rule.AddrSet // by text: thousands of rules share few
	ports map[string]*rule.PortSet
}
