// Package rules holds the starter rules: what a box blocks and tells before
// any public rule set is added.
//
// They are few, ours and cautious: ordinary web, mail, name questions and
// updates must never match. Every rule has a signature id from 9000001, a
// threat family (metadata otasuke_family), a MITRE ATT&CK technique, a class
// and two conversations in testdata: one that fires it and one, as similar as
// possible, that does not. Rules that could disturb work only alert.
//
// Box and centre may import it.
package rules

import (
	"embed"
	"iter"

	"otasuke/rule"
	"otasuke/rule/parse"
)

//go:embed *.rules
var files embed.FS

// Files yields the rule files by name, for example exploit.rules, in order.
func Files() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		entries, err := files.ReadDir(".")
		if err != nil {
			return // an embedded folder always reads
		}
		for _, e := range entries {
			text, err := files.ReadFile(e.Name())
			if err != nil || !yield(e.Name(), text) {
				return
			}
		}
	}
}

// All reads the starter rules with the given variables (nil: those of a small
// office). The refusals are empty in every release; a test sees to it.
func All(vars map[string]string) ([]*rule.Rule, []rule.Refusal) {
	var lists [][]*rule.Rule
	var refused []rule.Refusal
	for name, text := range Files() {
		list, more := parse.Rules(name, text, parse.Options{Vars: vars})
		lists, refused = append(lists, list), append(refused, more...)
	}
	all, doubles := parse.Merge(lists...)
	return all, append(refused, doubles...)
}
