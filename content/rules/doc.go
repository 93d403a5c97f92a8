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
	"io/fs"
	"sort"

	"otasuke/rule"
)

//go:embed *.rules
var files embed.FS

// Files are the rule files, for example exploit.rules.
func Files() fs.FS { return files }

// All reads the starter rules with the given variables (nil: those of a small
// office). The refusals are empty in every release; a test sees to it.
func All(vars map[string]string) ([]*rule.Rule, []rule.Refusal) {
	names, err := fs.Glob(files, "*.rules")
	if err != nil {
		return nil, []rule.Refusal{{Reason: err.Error()}}
	}
	sort.Strings(names)
	var lists [][]*rule.Rule
	var refused []rule.Refusal
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			refused = append(refused, rule.Refusal{File: name, Reason: err.Error()})
			continue
		}
		list, more := rule.Parse(name, text, rule.Options{Vars: vars})
		lists, refused = append(lists, list), append(refused, more...)
	}
	all, doubles := rule.Merge(lists...)
	return all, append(refused, doubles...)
}
