package parse

import (
	"bytes"
	"otasuke/rule"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// one parses a single rule that must load.
func one(t *testing.T, text string) *rule.Rule {
	t.Helper()
	rules, refused := Rules("t.rules", []byte(text), Options{})
	if len(rules) != 1 || len(refused) != 0 {
		t.Fatalf("%s\nloaded %d, refused %v", text, len(rules), refused)
	}
	return rules[0]
}

func TestParseWholeRule(t *testing.T) {
	t.Parallel()
	r := one(t, `drop http $EXTERNAL_NET any -> $HOME_NET [80,8000:8010,!8005] (msg:"A \"quoted\"\; text"; flow:established,to_server; http.uri; content:"/a|3b|b"; nocase; http.header; content:!"x"; classtype:web-application-attack; reference:cve,2021-44228; reference:url,example.org/a; metadata:otasuke_family exploit, mitre_technique_id T1190, created_at 2026_11_21; target:dest_ip; sid:9000001; rev:3;)`)
	type summary struct {
		Action              rule.Action
		Proto               rule.Proto
		Msg, Class, Family  string
		Priority            int
		Mitre               []string
		ToServer, ToClient  bool
		Sections            []string
		Target, FirstURL    string
		SID, Rev, GID       uint32
		DstPorts            []rule.PortRange
		Established, Blocks bool
	}
	got := summary{r.Action, r.Proto, r.Msg, r.Class, r.Family, r.Priority, r.Mitre, r.ToServer, r.ToClient, nil, r.Target,
		r.References[0].URL(), r.SID, r.Rev, r.GID, r.DstPorts.Ranges, r.Flow.Established, r.Action.Blocks()}
	for _, s := range r.Sections {
		got.Sections = append(got.Sections, s.Buffer.String())
	}
	want := summary{rule.Drop, rule.ProtoHTTP, `A "quoted"; text`, "web-application-attack", "exploit", 1, []string{"T1190"}, true, false,
		[]string{"http.uri", "http.header"}, "dest_ip", "https://www.cve.org/CVERecord?id=CVE-2021-44228", 9000001, 3, 1,
		[]rule.PortRange{{Lo: 80, Hi: 80}, {Lo: 8000, Hi: 8004}, {Lo: 8006, Hi: 8010}}, true, true}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	c := r.Sections[0].Matches[0].(*rule.Content)
	if string(c.Pattern) != "/a;b" || !c.Nocase {
		t.Errorf("content %q nocase %v", c.Pattern, c.Nocase)
	}
}

// TestRefusals names every way a rule can be wrong, with the keyword that is
// blamed and a word of the reason.
func TestRefusals(t *testing.T) {
	t.Parallel()
	rest := `msg:"t"; sid:7;`
	cases := map[string]struct{ rule, keyword, reason string }{
		"no options":             {"alert tcp any any -> any any", "", "not enclosed"},
		"open end":               {`alert tcp any any -> any any (` + rest, "", "not enclosed"},
		"option not ended":       {`alert tcp any any -> any any (msg:"t"; sid:7)`, "", "not ended"},
		"action":                 {`shout tcp any any -> any any (` + rest + `)`, "", "unknown action"},
		"protocol":               {`alert carrier any any -> any any (` + rest + `)`, "", "protocol"},
		"arrow":                  {`alert tcp any any >> any any (` + rest + `)`, "", "direction"},
		"both sides, no answer":  {`alert http any any => any any (http.uri; content:"x"; ` + rest + `)`, "flow", "answer"},
		"both sides, and one":    {`alert http any any => any any (flow:to_server; http.stat_code; content:"200"; ` + rest + `)`, "flow", "remove"},
		"header short":           {`alert tcp any any -> any (` + rest + `)`, "", "too few"},
		"header long":            {`alert tcp any any -> any any any (` + rest + `)`, "", "too many"},
		"variable":               {`alert tcp $NOWHERE any -> any any (` + rest + `)`, "", "not defined"},
		"no sid":                 {`alert tcp any any -> any any (msg:"t";)`, "sid", "no sid"},
		"sid zero":               {`alert tcp any any -> any any (msg:"t"; sid:0;)`, "sid", "not allowed"},
		"unknown keyword":        {`alert tcp any any -> any any (nonsense:1; ` + rest + `)`, "nonsense", "not known"},
		"refused keyword":        {`alert tcp any any -> any any (lua:x.lua; ` + rest + `)`, "lua", "program code"},
		"value missing":          {`alert tcp any any -> any any (content; ` + rest + `)`, "content", "needs a value"},
		"value too much":         {`alert tcp any any -> any any (content:"a"; nocase:1; ` + rest + `)`, "nocase", "takes no value"},
		"content not quoted":     {`alert tcp any any -> any any (content:abc; ` + rest + `)`, "content", "quotation"},
		"content empty":          {`alert tcp any any -> any any (content:""; ` + rest + `)`, "content", "empty"},
		"hexadecimal odd":        {`alert tcp any any -> any any (content:"|0|"; ` + rest + `)`, "content", "two digits"},
		"hexadecimal open":       {`alert tcp any any -> any any (content:"|00"; ` + rest + `)`, "content", "partner"},
		"modifier alone":         {`alert tcp any any -> any any (nocase; ` + rest + `)`, "nocase", "no content"},
		"depth too small":        {`alert tcp any any -> any any (content:"abc"; depth:2; ` + rest + `)`, "depth", "smaller"},
		"within too small":       {`alert tcp any any -> any any (content:"a"; content:"abc"; within:2; ` + rest + `)`, "within", "smaller"},
		"places mixed":           {`alert tcp any any -> any any (content:"a"; distance:1; depth:5; ` + rest + `)`, "distance", "excludes"},
		"startswith and offset":  {`alert tcp any any -> any any (content:"a"; startswith; offset:5; ` + rest + `)`, "startswith", "remove"},
		"unknown variable":       {`alert tcp any any -> any any (content:"a"; distance:len; ` + rest + `)`, "distance", "extracted"},
		"both directions":        {`alert tcp any any -> any any (flow:to_server,to_client; ` + rest + `)`, "flow", "both"},
		"buffers of both ways":   {`alert http any any -> any any (http.uri; content:"a"; http.stat_code; content:"200"; ` + rest + `)`, "flow", "different directions"},
		"buffer of another":      {`alert dns any any -> any any (http.uri; content:"a"; ` + rest + `)`, "", "does not exist"},
		"pcre open":              {`alert tcp any any -> any any (pcre:"/a"; ` + rest + `)`, "pcre", "slashes"},
		"pcre flag":              {`alert tcp any any -> any any (pcre:"/a/k"; ` + rest + `)`, "pcre", "flag"},
		"byte_test short":        {`alert tcp any any -> any any (byte_test:1,>,2; ` + rest + `)`, "byte_test", "write"},
		"byte_test wide":         {`alert tcp any any -> any any (byte_test:9,>,2,0; ` + rest + `)`, "byte_test", "1 to 8"},
		"threshold short":        {`alert tcp any any -> any any (threshold:type limit,count 1; ` + rest + `)`, "threshold", "needed"},
		"flowbits word":          {`alert tcp any any -> any any (flowbits:jump,a; ` + rest + `)`, "flowbits", "not known"},
		"transform out of place": {`alert dns any any -> any any (content:"a"; dotprefix; ` + rest + `)`, "dotprefix", "behind its buffer"},
		"buffer with a value":    {`alert http any any -> any any (http.uri:"a"; ` + rest + `)`, "http.uri", "no value"},
		"newer language":         {`alert tcp any any -> any any (requires:version >= 9.0; ` + rest + `)`, "requires", "version"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, refused := Rules("t.rules", []byte("# remark\n"+c.rule), Options{})
			if len(rules) != 0 || len(refused) != 1 {
				t.Fatalf("loaded %d, refused %v", len(rules), refused)
			}
			f := refused[0]
			if f.Line != 2 || f.File != "t.rules" || f.Keyword != c.keyword || !strings.Contains(f.Reason, c.reason) {
				t.Errorf("%s; want keyword %q and a reason with %q", f, c.keyword, c.reason)
			}
			if strings.Contains(c.rule, "sid:7;") && c.keyword != "" && f.SID != 7 {
				t.Errorf("sid %d is not named", f.SID)
			}
		})
	}
}

func TestFileForm(t *testing.T) {
	t.Parallel()
	text := "# remark\r\n\r\n" +
		"alert tcp any any -> any any (msg:\"one\"; \\\r\n  sid:1;)\r\n" +
		"#alert tcp any any -> any any (msg:\"off\"; sid:2;)\n" +
		"nonsense\n" +
		"alert tcp any any -> any any (msg:\"old\"; sid:3; rev:1;)\n" +
		"alert tcp any any -> any any (msg:\"new\"; sid:3; rev:2;)\n"
	show := func(opt Options) (got []string) {
		rules, refused := Rules("f", []byte(text), opt)
		for _, r := range rules {
			got = append(got, r.Msg)
		}
		for _, f := range refused {
			got = append(got, "refused "+f.Reason[:12])
		}
		return got
	}
	if d := cmp.Diff([]string{"one", "new", "refused the options ", "refused the same sid"}, show(Options{})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"one", "off", "new", "refused the options ", "refused the same sid"}, show(Options{Disabled: true})); d != "" {
		t.Error(d)
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	check := func(options string, want ...string) {
		t.Helper()
		r := one(t, `alert http any any -> any any (`+options+` sid:1;)`)
		var got []string
		for _, s := range r.Sections {
			text := s.Buffer.String()
			for range s.Transforms {
				text += "+"
			}
			for _, m := range s.Matches {
				if c, ok := m.(*rule.Content); ok {
					text += " " + string(c.Pattern)
				} else {
					text += " *"
				}
			}
			got = append(got, text)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", options, d)
		}
	}
	check(`content:"a"; http_uri; content:"b"; content:"c"; http_uri; distance:0;`, "payload b", "http.uri a c")
	check(`content:"a"; http.uri; content:"b"; http.method; content:"c"; http.uri; content:"d";`, "payload a", "http.uri b d", "http.method c")
	check(`http.uri; content:"a"; http.uri; url_decode; content:"b";`, "http.uri a", "http.uri+ b")
	check(`uricontent:"a"; urilen:>5;`, "http.uri a *")
	check(`pcre:"/a/U"; content:"x"; http_header;`, "http.uri *", "http.header x")
	check(`file_data; content:"a"; pkt_data; content:"b";`, "file.data a", "payload b")
	check(`http.uri; content:"a"; isdataat:!1,relative; fast_pattern;`, "http.uri a *")
}

func TestPayloadOfPacketOrStream(t *testing.T) {
	t.Parallel()
	check := func(proto, options string, packet, stream bool) {
		t.Helper()
		r := one(t, `alert `+proto+` any any -> any any (`+options+` sid:1;)`)
		if r.PayloadPacket != packet || r.PayloadStream != stream {
			t.Errorf("%s %s: packet %v stream %v, want %v %v", proto, options, r.PayloadPacket, r.PayloadStream, packet, stream)
		}
	}
	check("tcp", `content:"a";`, false, true)
	check("tcp", `content:"a"; depth:5;`, true, true)
	check("tcp", `content:"a"; dsize:5;`, true, false)
	check("tcp-pkt", `content:"a";`, true, false)
	check("tcp-stream", `content:"a"; depth:5;`, false, true)
	check("tcp", `content:"a"; flow:no_stream;`, true, false)
}

func TestConfigFiles(t *testing.T) {
	t.Parallel()
	classes, refused := rule.ParseClasses("c", []byte("# x\nconfig classification: a-b,Some, text,2\nconfig classification: short,text, 1\nhello\n"))
	if d := cmp.Diff(rule.Classes{"short": {Text: "text", Priority: 1}}, classes); d != "" || len(refused) != 2 {
		t.Error(d, refused)
	}
	refs, refused := rule.ParseReferences("r", []byte("config reference: CVE http://cve.example/?\n\nbad\n"))
	if d := cmp.Diff(map[string]string{"cve": "http://cve.example/?"}, refs); d != "" || len(refused) != 1 {
		t.Error(d, refused)
	}
}

func TestPriority(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]int{
		``: 3, `classtype:trojan-activity;`: 1, `priority:4; classtype:trojan-activity;`: 4, `classtype:of-my-own;`: 3,
	} {
		if r := one(t, `alert tcp any any -> any any (`+options+` sid:1;)`); r.Priority != want {
			t.Errorf("%s: priority %d, want %d", options, r.Priority, want)
		}
	}
}

// TestTables keeps the tables whole.
func TestTables(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range Keywords() {
		if seen[k.Name] {
			t.Errorf("keyword %s stands in two tables", k.Name)
		}
		if !k.Supported && len(k.Reason) < 20 {
			t.Errorf("keyword %s is refused without saying what to do", k.Name)
		}
		seen[k.Name] = true
	}
}

func TestBufferSet(t *testing.T) {
	t.Parallel()
	s := rule.SetOf(rule.BufStream, rule.Base64Data)
	one, other := rule.SetOf(rule.Base64Data), rule.SetOf(rule.BufStream, rule.HTTPURI)
	if !s.Has(rule.Base64Data) || s.Has(rule.HTTPURI) || s.Len() != 2 || !s.Intersects(&one) || s.Contains(&other) {
		t.Errorf("set %v", s)
	}
	if s.Remove(rule.Base64Data); s.Has(rule.Base64Data) || s.Empty() {
		t.Errorf("set %v after removing", s)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`drop http $EXTERNAL_NET any -> $HOME_NET [80,!81] (msg:"a"; flow:established,to_server; http.uri; content:"/a|3b|"; nocase; pcre:"/x+/Ri"; sid:1; rev:2;)`,
		`alert tcp [1.2.3.4,!$X] 1:2 <> any any (content:"a"; byte_test:4,>,1,0,relative,string,hex; byte_jump:2,0,little; isdataat:!1,relative; sid:2;)`,
		"alert dns any any -> any any (dns.query; dotprefix; content:\".a\"; \\\n endswith; threshold:type both,track by_src,count 1,seconds 2; sid:3;)",
		`alert ip any any -> any any (byte_math:bytes 1, offset 0, oper +, rvalue 2, result n; requires:version >= 7.0.3 < 8 | > 8; xbits:set,a,track ip_pair; sid:4;)`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rules, refused := Rules("f", []byte(text), Options{Disabled: true})
		for _, r := range rules {
			if r.SID == 0 || r.Src == nil || r.Dst == nil || r.SrcPorts == nil || r.DstPorts == nil || !r.ToServer && !r.ToClient {
				t.Errorf("a rule that cannot run was taken: %+v", r)
			}
		}
		for _, f := range refused {
			if f.Reason == "" || f.Line == 0 {
				t.Errorf("refused without a reason: %+v", f)
			}
		}
	})
}

// What stands between rules, and what of them is not kept, is given back: the files of public
// rules are longer than all that is made of them.
func TestTextIsGivenBack(t *testing.T) {
	const size = 16 << 20
	live := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	text := append(bytes.Repeat([]byte("# "+strings.Repeat("x", 61)+"\n"), size/64),
		`alert http any any -> any any (msg:"a text"; flowbits:set,a.bit; http.uri; content:"/a"; pcre:"/^\/a[0-9]+$/"; classtype:web-application-attack; reference:url,example.org/a; metadata:created_at 2026_11_21, tag x; target:dest_ip; sid:1;)`...)
	before := live() // with the text
	rules, _ := Rules("t.rules", text, Options{})
	text = nil
	if kept := live() - before + size; kept > size/2 || len(rules) != 1 {
		t.Errorf("%d MiB are kept of %d MiB with %d rule", kept>>20, size>>20, len(rules))
	}
	if r := rules[0]; r.Msg != "a text" || r.Metadata[1].Value() != (rule.KeyValue{Key: "tag", Value: "x"}) {
		t.Errorf("%q, %v", r.Msg, r.Metadata)
	}
	runtime.KeepAlive(rules)
}
