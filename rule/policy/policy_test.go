package policy

import (
	"testing"
	"time"

	"otasuke/rule"
	"otasuke/rule/parse"
)

// rules reads rule text; each line is one rule without its sid.
func rules(t *testing.T, lines ...string) []*rule.Rule {
	t.Helper()
	text := ""
	for i, l := range lines {
		text += l + " sid:" + string(rune('1'+i)) + ";)\n"
	}
	out, refused := parse.Rules("test", []byte(text), parse.Options{})
	for _, r := range refused {
		t.Fatal(r)
	}
	return out
}

const (
	grave = `alert http $HOME_NET any -> $EXTERNAL_NET any (msg:"ET MALWARE X"; flow:established,to_server; classtype:trojan-activity; metadata:signature_severity Major, confidence High, updated_at 2026_11_01;`
	sure  = `alert http $HOME_NET any -> $EXTERNAL_NET any (msg:"ET MALWARE X"; flow:established,to_server; classtype:trojan-activity; `
)

var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func TestApply(t *testing.T) {
	t.Parallel()
	f := func(name string, p Policy, want rule.Action, text string) {
		t.Helper()
		in := rules(t, text)
		out, _ := p.Apply(in, today)
		if len(out) != 1 || out[0].Action != want {
			t.Errorf("%s: %v, want %v", name, out[0].Action, want)
		}
		if in[0].Action == rule.Alert && want != rule.Alert && in[0] == out[0] {
			t.Errorf("%s: the rule itself was changed", name)
		}
	}
	d := Default()
	f("grave and sure", d, rule.Drop, grave)
	f("nothing without a policy", Policy{}, rule.Alert, grave)
	f("less grave", d, rule.Alert, sure+`metadata:signature_severity Minor, confidence High;`)
	f("less sure", d, rule.Alert, sure+`metadata:signature_severity Critical, confidence Medium;`)
	f("says nothing", d, rule.Alert, sure)
	f("says nothing, but is trusted", Policy{Block: true, Confidence: "medium", Unrated: "high"}, rule.Drop, sure)
	f("another class", d, rule.Alert, `alert tcp any any -> any any (msg:"x"; classtype:misc-activity; metadata:signature_severity Major, confidence High;`)
	f("for information", d, rule.Alert, `alert tcp any any -> any any (msg:"ET INFO x"; classtype:trojan-activity; metadata:signature_severity Major, confidence High;`)
	f("too old", Policy{Block: true, MaxAge: 10}, rule.Alert, grave)
	f("young", Policy{Block: true, MaxAge: 30}, rule.Drop, grave)
	f("outbound", Policy{Block: true, Directions: []string{"outbound"}}, rule.Drop, grave)
	f("not inbound", Policy{Block: true, Directions: []string{"inbound"}}, rule.Alert, grave)
	f("set by number", Policy{Rules: map[string]string{"1": "reject"}}, rule.Reject, grave)
	f("kept by number", Policy{Block: true, Rules: map[string]string{"1": "alert"}}, rule.Alert, grave)
	f("a pass rule stays", d, rule.Pass, `pass tcp any any -> any any (msg:"x"; classtype:trojan-activity; metadata:signature_severity Major, confidence High;`)
}

func TestOff(t *testing.T) {
	t.Parallel()
	p := Policy{Rules: map[string]string{"2": "off"}}
	out, blocking := p.Apply(rules(t, grave, grave, `drop tcp any any -> any any (msg:"x";`), today)
	if len(out) != 2 || blocking != 1 {
		t.Errorf("%d rules, %d block", len(out), blocking)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]Policy{
		"severity": {Severity: "huge"}, "confidence": {Confidence: "sure"}, "unrated": {Unrated: "x"},
		"direction": {Directions: []string{"up"}}, "action": {Rules: map[string]string{"1": "kill"}},
	} {
		if p.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	d := Default()
	if err := d.Check(); err != nil {
		t.Error(err)
	}
}

func TestDirection(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`alert tcp $HOME_NET any -> $EXTERNAL_NET any (msg:"x";`:                     "outbound",
		`alert tcp $EXTERNAL_NET any -> $HOME_NET any (msg:"x";`:                     "inbound",
		`alert tcp $EXTERNAL_NET any -> $HOME_NET any (msg:"x"; flow:to_client;`:     "outbound",
		`alert tcp $HOME_NET any -> $HOME_NET any (msg:"x";`:                         "internal",
		`alert tcp any any -> any any (msg:"x";`:                                     "internal",
		`alert tcp [10.0.0.0/8,192.168.0.0/16] any -> 198.51.100.0/24 any (msg:"x";`: "outbound",
	} {
		if got := Direction(rules(t, text)[0]); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
