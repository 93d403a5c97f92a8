package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"otasuke/rule"
)

// Policy of one company. The zero value changes nothing.
type Policy struct {
	// Block turns rules that fulfil all of the following into drop.
	Block bool `toml:"block"`
	// Severity is the least that a rule must claim (metadata signature_severity):
	// "informational", "minor", "major" or "critical".
	Severity string `toml:"severity"`
	// Confidence is the least that a rule must claim (metadata confidence): "low", "medium"
	// or "high". A rule that claims none counts as Unrated.
	Confidence string `toml:"confidence"`
	// Unrated is the confidence of rules that claim none; "" for none at all.
	Unrated string `toml:"unrated"`
	// Classes are the class types that may block; empty for all.
	Classes []string `toml:"classes"`
	// Directions may block: "outbound" (from the inside), "inbound", "internal"; empty for all.
	Directions []string `toml:"directions"`
	// MaxAge of the last revision (metadata updated_at, else created_at) in days; 0 for any.
	// A rule about an address or a name that changed hands is the classic false alarm.
	MaxAge int `toml:"max_age_days"`
	// NotWords in a rule's message keep it from blocking: what is told for information.
	NotWords []string `toml:"not_words"`
	// Rules set single rules, by number: "alert", "drop", "reject", "pass" or "off". They
	// beat everything else.
	Rules map[string]string `toml:"rules"`
}

// Default is the policy that is shipped: what says of itself that it is grave and sure,
// in the classes in which a false alarm is rare.
func Default() Policy {
	return Policy{
		Block: true, Severity: "major", Confidence: "high",
		Classes: []string{"trojan-activity", "command-and-control", "domain-c2", "exploit-kit", "credential-theft", "coin-mining", "targeted-activity",
			"web-application-attack", "attempted-admin", "successful-admin", "attempted-user", "successful-user", "shellcode-detect", "social-engineering"},
		NotWords: []string{"INFO", "POLICY", "HUNTING", "GAMES", "CHAT", "USER_AGENTS", "DYN_DNS"},
	}
}

// levels give words an order; 0 is unknown.
var (
	severities  = map[string]int{"informational": 1, "minor": 2, "major": 3, "critical": 4}
	confidences = map[string]int{"low": 1, "medium": 2, "high": 3}
	actions     = map[string]rule.Action{"alert": rule.Alert, "drop": rule.Drop, "reject": rule.Reject, "pass": rule.Pass}
)

// Check tells what is wrong with a policy.
func (p *Policy) Check() error {
	word := func(what, v string, known map[string]int) error {
		if v != "" && known[strings.ToLower(v)] == 0 {
			return fmt.Errorf("policy: %s %q is not known", what, v)
		}
		return nil
	}
	if err := word("severity", p.Severity, severities); err != nil {
		return err
	}
	if err := word("confidence", p.Confidence, confidences); err != nil {
		return err
	}
	if err := word("confidence", p.Unrated, confidences); err != nil {
		return err
	}
	for _, d := range p.Directions {
		if d != "outbound" && d != "inbound" && d != "internal" {
			return fmt.Errorf("policy: direction %q is not known; use outbound, inbound or internal", d)
		}
	}
	for sid, action := range p.Rules {
		if _, ok := actions[action]; !ok && action != "off" {
			return fmt.Errorf("policy: rule %s: action %q is not known; use alert, drop, reject, pass or off", sid, action)
		}
	}
	return nil
}

// Apply changes the actions of rules and leaves out those that are off. It changes
// copies: the rules that were given stay as they are. now is today.
func (p *Policy) Apply(rules []*rule.Rule, now time.Time) (out []*rule.Rule, blocking int) {
	out = make([]*rule.Rule, 0, len(rules))
	for _, r := range rules {
		action := r.Action
		switch set, ok := p.Rules[fmt.Sprint(r.SID)]; {
		case ok && set == "off":
			continue
		case ok:
			action = actions[set]
		case r.Action == rule.Alert && p.trusts(r, now):
			action = rule.Drop
		}
		if action != r.Action {
			c := *r
			c.Action = action
			r = &c
		}
		if r.Action.Blocks() {
			blocking++
		}
		out = append(out, r)
	}
	return out, blocking
}

// trusts tells whether a rule may block.
func (p *Policy) trusts(r *rule.Rule, now time.Time) bool {
	if !p.Block || r.NoAlert || r.Family != "" { // our own rules say themselves what they want
		return false
	}
	severity, _ := r.Meta("signature_severity")
	if severities[strings.ToLower(severity)] < severities[strings.ToLower(p.Severity)] {
		return false
	}
	confidence, rated := r.Meta("confidence")
	if !rated {
		confidence = p.Unrated
	}
	if confidences[strings.ToLower(confidence)] < confidences[strings.ToLower(p.Confidence)] {
		return false
	}
	if len(p.Classes) > 0 && !slices.Contains(p.Classes, r.Class) {
		return false
	}
	for _, w := range p.NotWords {
		if slices.Contains(strings.Fields(r.Msg), w) {
			return false
		}
	}
	return p.young(r, now) && (len(p.Directions) == 0 || slices.Contains(p.Directions, Direction(r)))
}

func (p *Policy) young(r *rule.Rule, now time.Time) bool {
	if p.MaxAge == 0 {
		return true
	}
	text, ok := r.Meta("updated_at")
	if !ok {
		text, _ = r.Meta("created_at")
	}
	t, err := time.Parse("2006_01_02", text)
	return err == nil && now.Sub(t) <= time.Duration(p.MaxAge)*24*time.Hour
}

// Direction of the conversations that a rule is about: "outbound" when the inside opens
// them, "inbound" when the outside does, "internal" when the rule does not tell or both
// ends are inside. Inside is where private addresses are.
func Direction(r *rule.Rule) string {
	src, dst := inside(r.Src), inside(r.Dst)
	if r.ToClient && !r.ToServer {
		src, dst = dst, src
	}
	switch {
	case src == dst:
		return "internal"
	case src:
		return "outbound"
	}
	return "inbound"
}

// inside tells that a set holds private addresses and not the rest of the world.
func inside(s *rule.AddrSet) bool {
	if s == nil || s.Any || len(s.Ranges) == 0 {
		return false
	}
	for _, r := range s.Ranges {
		if !r.Lo.IsPrivate() && !r.Lo.IsLinkLocalUnicast() {
			return false
		}
	}
	return true
}
