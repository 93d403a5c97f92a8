package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	starter "otasuke/content/rules"
	"otasuke/gateway/internal/listing"
	"otasuke/gateway/internal/sensorconf"
	"otasuke/gateway/internal/update/content"
	"otasuke/rule"
	"otasuke/rule/parse"
	"otasuke/rule/policy"
)

// RuleSource says what rules are read and how.
type RuleSource struct {
	Files   []string // patterns
	Builtin bool     // the built-in ones, too
	Home    string   // inside networks as a rule variable; "" for the language's default
	Sensor  *sensorconf.Settings
	IPS     *policy.Policy // nil leaves the rules' actions
	Warn    func(format string, args ...any)
}

// ReadRules reads the rules of the configuration and of bundles.
func (c *Config) ReadRules() (rules []*rule.Rule, refused []rule.Refusal, err error) {
	return (&RuleSource{Files: slices.Concat(c.Rules, content.Rules(c.Bundles)), Builtin: !c.NoStarterRules, Home: c.HomeNet(), IPS: c.IPS}).Read()
}

// Read reads rule files. Of rules with the same sid in several files the newest counts.
func (src *RuleSource) Read() (rules []*rule.Rule, refused []rule.Refusal, err error) {
	opt := parse.Options{Vars: parse.DefaultVars()}
	if src.Sensor != nil {
		if err := src.Sensor.Parse(&opt); err != nil {
			return nil, nil, err
		}
	}
	if src.Home != "" {
		opt.Vars["HOME_NET"] = src.Home
	}
	var lists [][]*rule.Rule
	add := func(name string, text []byte) {
		opt.Open = listing.Beside(name)
		r, bad := parse.Rules(name, text, opt)
		lists, refused = append(lists, r), append(refused, bad...)
	}
	if src.Builtin {
		for name, text := range starter.Files() {
			add(name, text)
		}
	}
	for _, pattern := range src.Files {
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
	if src.IPS != nil {
		rules, _ = src.IPS.Apply(rules, time.Now())
	}
	if src.Sensor != nil {
		err = src.Sensor.Thresholds(rules, opt.Vars, src.Warn)
	}
	return rules, append(refused, older...), err
}

// HomeNet writes the inside networks as a rule variable.
func (c *Config) HomeNet() string {
	parts := make([]string, len(c.Home))
	for i, p := range c.Home {
		parts[i] = p.String()
	}
	return "[" + strings.Join(parts, ",") + "]"
}
