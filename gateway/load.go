package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	starter "otasuke/content/rules"
	"otasuke/gateway/internal/listing"
	"otasuke/gateway/internal/sensorconf"
	"otasuke/rule"
	"otasuke/rule/parse"
	"otasuke/rule/policy"
)

// ruleSource says what rules are read and how.
type ruleSource struct {
	patterns []string // files
	builtin  bool     // the built-in ones, too
	home     string   // inside networks as a rule variable; "" for the language's default
	set      *sensorconf.Settings
	ips      *policy.Policy // nil leaves the rules' actions
	warn     func(format string, args ...any)
}

// loadRules reads rule files and, unless told otherwise, the built-in ones. Of rules
// with the same sid in several files the newest counts.
func loadRules(patterns []string, builtin bool, home string) (rules []*rule.Rule, refused []rule.Refusal, err error) {
	return (&ruleSource{patterns: patterns, builtin: builtin, home: home}).load()
}

func (src *ruleSource) load() (rules []*rule.Rule, refused []rule.Refusal, err error) {
	opt := parse.Options{Vars: parse.DefaultVars()}
	if src.set != nil {
		if err := src.set.Parse(&opt); err != nil {
			return nil, nil, err
		}
	}
	if src.home != "" {
		opt.Vars["HOME_NET"] = src.home
	}
	var lists [][]*rule.Rule
	add := func(name string, text []byte) {
		opt.Open = listing.Beside(name)
		r, bad := parse.Rules(name, text, opt)
		lists, refused = append(lists, r), append(refused, bad...)
	}
	if src.builtin {
		for name, text := range starter.Files() {
			add(name, text)
		}
	}
	for _, pattern := range src.patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			return nil, nil, fmt.Errorf("gateway: rules %q: %w", pattern, err)
		}
		if len(names) == 0 {
			return nil, nil, fmt.Errorf("gateway: rules %q: %w", pattern, os.ErrNotExist)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, nil, fmt.Errorf("gateway: rules: %w", err)
			}
			add(name, text)
		}
	}
	rules, older := parse.Merge(lists...)
	if src.ips != nil {
		rules, _ = src.ips.Apply(rules, time.Now())
	}
	if src.set != nil {
		err = src.set.Thresholds(rules, opt.Vars, src.warn)
	}
	return rules, append(refused, older...), err
}

// homeNet writes the inside networks as a rule variable.
func (c *Config) homeNet() string {
	parts := make([]string, len(c.Home))
	for i, p := range c.Home {
		parts[i] = p.String()
	}
	return "[" + strings.Join(parts, ",") + "]"
}
