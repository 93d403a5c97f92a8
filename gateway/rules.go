package gateway

import (
	"fmt"

	"otasuke/gateway/internal/match"
	"otasuke/rule"
)

// RulesReport is what 'otasuke rules check' prints.
type RulesReport struct {
	Total   int            `json:"total"`
	Loaded  int            `json:"loaded"`
	Refused []rule.Refusal `json:"refused"`
}

// CheckRules loads rule files and says which rules would not run, and why.
func CheckRules(files []string) (RulesReport, error) {
	rep := RulesReport{Refused: []rule.Refusal{}}
	rules, refused, err := loadRules(files, false, "")
	if err != nil {
		return rep, err
	}
	set, notCompiled, err := match.Compile(rules, match.Options{})
	if err != nil {
		return rep, fmt.Errorf("gateway: rules: %w", err)
	}
	defer set.Close()
	rep.Refused = append(append(rep.Refused, refused...), notCompiled...)
	rep.Loaded = set.Len()
	rep.Total = rep.Loaded + len(rep.Refused)
	return rep, nil
}
