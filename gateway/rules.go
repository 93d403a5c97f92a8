package gateway

import (
	"fmt"

	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/settings"
	"otasuke/internal/conffile"
	"otasuke/rule"
	"otasuke/rule/policy"
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
	rules, refused, err := (&settings.RuleSource{Files: files}).Read()
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

// ReadPolicy reads which rules block: "default", the name of a TOML file, or nothing for nil.
func ReadPolicy(name string) (*policy.Policy, error) {
	var p policy.Policy
	switch name {
	case "":
		return nil, nil
	case "default":
		p = policy.Default()
	default:
		if err := conffile.Read(name, &p); err != nil {
			return nil, fmt.Errorf("gateway: %w", err)
		}
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return &p, nil
}
