package parse

import (
	"strings"
	"testing"

	"otasuke/rule"
)

// A rule that requires another version is left out for that, whatever else it says.
func TestRequirementsComeFirst(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`alert vxlan any any -> any any (requires: version >= 10; sid:1;)`,
		`alert tcp any any -> any any (frame:smtp.unknown; requires: version >= 10; sid:1;)`,
		`alert http any any => any any (nonsense; requires: keyword foo; sid:1;)`,
	} {
		_, refused := Rules("t", []byte(text), Options{})
		if len(refused) != 1 || refused[0].Keyword != "requires" {
			t.Errorf("%s: %v", text, refused)
		}
	}
}

func TestFrames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]rule.Buffer{
		`alert http any any -> any any (frame:http1.request; content:"x"; sid:1;)`:  rule.FrameHTTP1Request,
		`alert http1 any any -> any any (frame:response; content:"x"; sid:1;)`:      rule.FrameHTTP1Response,
		`alert sip any any -> any any (frame:request.line; content:"x"; sid:1;)`:    rule.FrameSIPRequestLine,
		`alert enip any any -> any any (frame:enip.enip.item; content:"x"; sid:1;)`: rule.FrameENIPItem,
		`alert tcp any any -> any any (frame:tls.hdr; content:"x"; sid:1;)`:         rule.FrameTLSHdr,
	} {
		rules, refused := Rules("t", []byte(text), Options{})
		if len(refused) > 0 {
			t.Errorf("%s: %v", text, refused)
			continue
		}
		if got := rules[0].Sections[0].Buffer; got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	_, refused := Rules("t", []byte(`alert sip any any -> any any (frame:nothing; content:"x"; sid:1;)`), Options{})
	if len(refused) != 1 || refused[0].Keyword != "frame" {
		t.Error(refused)
	}
	rules, _ := Rules("t", []byte(`alert udp any any -> any any (dns.query; content:"x"; sid:1;)`), Options{})
	if r := rules[0]; r.Proto != rule.ProtoDNS || r.Transport != rule.ProtoUDP {
		t.Errorf("%v over %v", r.Proto, r.Transport)
	}
}

// A list in JSON that cannot be meant refuses the rule and says what to do.
func TestListsInJSON(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ options, text, want string }{
		"no key":            {"format json", `[{"a":"x"}]`, "value_key"},
		"no JSON":           {"format json,value_key a", `10.0.0.1,42`, "no JSON"},
		"no array":          {"format json,value_key a", `{"a":"x"}`, "array_key"},
		"a number":          {"format ndjson,value_key a", `{"a":1}`, "no text"},
		"an unknown format": {"format xml,value_key a", ``, "format"},
	} {
		_, refused := Rules("t", []byte(`alert http any any -> any any (http.host; dataset:isset,l,type string,load l,`+c.options+`; sid:1;)`),
			Options{Open: func(string) ([]byte, error) { return []byte(c.text), nil }})
		if len(refused) != 1 || refused[0].Keyword != "dataset" || !strings.Contains(refused[0].Reason, c.want) {
			t.Errorf("%s: %v", name, refused)
		}
	}
}
