package match

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/match/hosts"
	"otasuke/rule"
	"otasuke/rule/parse"
)

// TestContents judges single packets: each case is the options of a rule and
// payloads that must and must not fulfil them.
func TestContents(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		options string
		yes, no []string
	}{
		"plain":                 {`content:"abc";`, []string{"abc", "xxabcxx"}, []string{"", "ABC", "ab"}},
		"nocase":                {`content:"aBc"; nocase;`, []string{"abc", "ABC"}, []string{"abd"}},
		"nocase beside bytes":   {`content:"|e3 ff|aB|c9|"; nocase;`, []string{"x\xe3\xffAb\xc9", "\xe3\xffab\xc9"}, []string{"\xe3\xffab\xe9", "\xc3\xffab\xc9"}},
		"hexadecimal":           {`content:"a|00 ff|b";`, []string{"a\x00\xffb"}, []string{"ab"}},
		"escaped":               {`content:"a\;\"\\b";`, []string{`a;"\b`}, []string{`a;b`}},
		"negated":               {`content:"a"; content:!"b";`, []string{"a"}, []string{"ab", "b"}},
		"offset":                {`content:"a"; offset:2;`, []string{"xxa"}, []string{"axx"}},
		"depth":                 {`content:"ab"; depth:3;`, []string{"ab", "xab"}, []string{"xxab"}},
		"offset and depth":      {`content:"a"; offset:1; depth:2;`, []string{"xa", "xxa"}, []string{"a", "xxxa"}},
		"startswith":            {`content:"ab"; startswith;`, []string{"abc"}, []string{"xab"}},
		"endswith":              {`content:"ab"; endswith;`, []string{"xab", "abab"}, []string{"abx"}},
		"endswith negated":      {`content:"x"; content:!"ab"; endswith;`, []string{"abx"}, []string{"xab"}},
		"distance":              {`content:"a"; content:"b"; distance:2;`, []string{"axxb", "axxxb"}, []string{"axb", "bxxa"}},
		"distance back":         {`content:"b"; content:"ab"; distance:-2; within:2;`, []string{"ab"}, []string{"xb"}},
		"within":                {`content:"a"; content:"b"; within:2;`, []string{"ab", "axb"}, []string{"axxb"}},
		"distance and within":   {`content:"a"; content:"b"; distance:1; within:1;`, []string{"axb"}, []string{"ab", "axxb"}},
		"later place fits":      {`content:"a"; content:"b"; distance:0; within:1;`, []string{"axxab"}, []string{"axxb"}},
		"two later places":      {`content:"a"; content:"b"; within:1; content:"c"; within:1;`, []string{"ab abx abc"}, []string{"abx ac"}},
		"relative negated":      {`content:"a"; content:!"b"; within:2;`, []string{"axxb", "a"}, []string{"axb", "ab"}},
		"later for negated":     {`content:"a"; content:!"b"; within:1;`, []string{"ac", "xaxab"}, []string{"ab"}},
		"isdataat":              {`content:"a"; isdataat:2,relative;`, []string{"axx"}, []string{"ax"}},
		"isdataat negated":      {`content:"a"; isdataat:!1,relative;`, []string{"a", "xa"}, []string{"xx"}},
		"dsize":                 {`content:"a"; dsize:2<>5;`, []string{"axx", "axxx"}, []string{"ax", "axxxx"}},
		"bsize":                 {`content:"a"; bsize:2;`, []string{"ab"}, []string{"a", "abc"}},
		"byte_test":             {`content:"a"; byte_test:2,>,256,0,relative;`, []string{"a\x01\x01"}, []string{"a\x01\x00", "a\x01"}},
		"byte_test little":      {`content:"a"; byte_test:2,=,258,0,relative,little;`, []string{"a\x02\x01"}, []string{"a\x01\x02"}},
		"byte_test text":        {`content:"len="; byte_test:0,>,99,0,relative,string,dec;`, []string{"len=100;", "len=123456"}, []string{"len=99;", "len=x"}},
		"byte_test hexadecimal": {`content:"n="; byte_test:4,=,0xff,0,relative,string,hex;`, []string{"n=00ff"}, []string{"n=00fe"}},
		"byte_test bits":        {`content:"a"; byte_test:1,&,0x80,0,relative;`, []string{"a\x80", "a\xff"}, []string{"a\x7f"}},
		"byte_test no bits":     {`content:"a"; byte_test:1,!&,0x80,0,relative;`, []string{"a\x7f"}, []string{"a\x80"}},
		"byte_test mask":        {`content:"a"; byte_test:1,=,3,0,relative,bitmask 0xf0;`, []string{"a\x3c"}, []string{"a\xc3"}},
		"byte_jump":             {`content:"a"; byte_jump:1,0,relative; content:"b"; within:1;`, []string{"a\x02xxb"}, []string{"a\x02xb", "a\x09b"}},
		"byte_jump beginning":   {`content:"a"; byte_jump:1,0,relative,from_beginning; content:"b"; within:1;`, []string{"ba\x00", "xba\x01"}, []string{"bba\x09"}},
		"byte_jump align":       {`content:"a"; byte_jump:1,0,relative,align; content:"b"; within:1;`, []string{"a\x01xxxxb"}, []string{"a\x01xb"}},
		"byte_jump last":        {`content:"a"; byte_jump:1,0,relative,post_offset -1; isdataat:!2,relative;`, []string{"a\x03xxx"}, []string{"a\x03xxxx", "a\x04xxx"}},
		"byte_extract":          {`content:"a"; byte_extract:1,0,n,relative; content:"b"; distance:n; within:1;`, []string{"a\x02xxb"}, []string{"a\x01xxb"}},
		"byte_extract to test":  {`byte_extract:1,0,n; byte_test:1,=,n,1; content:"c";`, []string{"\x05\x05c"}, []string{"\x05\x06c"}},
		"byte_math":             {`byte_math:bytes 1, offset 0, oper *, rvalue 2, result n; byte_test:1,=,n,1; content:"c";`, []string{"\x05\x0ac"}, []string{"\x05\x05c"}},
		"pcre":                  {`content:"a"; pcre:"/a[0-9]+z/i";`, []string{"a12Z"}, []string{"az"}},
		"pcre relative":         {`content:"a"; pcre:"/^b+c/R";`, []string{"xabbc", "aab c abc"}, []string{"a bc"}},
		"pcre then relative":    {`pcre:"/a./"; content:"c"; within:1; content:"a";`, []string{"axcy", "axx axc"}, []string{"ax c"}},
		"pcre negated":          {`content:"a"; pcre:!"/b$/";`, []string{"ba"}, []string{"ab", "ab\n"}},
		"pcre bytes":            {`content:"a"; pcre:"/a\xe3.\x81/s";`, []string{"a\xe3\x81\x81"}, []string{"a\xe3\x81"}},
		"pcre place in bytes":   {`content:"a"; pcre:"/\xff+/"; content:"b"; within:1;`, []string{"a\xff\xff\xffb"}, []string{"a\xffxb"}},
		"pcre look-ahead":       {`content:"a"; pcre:"/a(?!bc)b/";`, []string{"abd"}, []string{"abc"}},
		"pcre back-reference":   {`content:"="; pcre:"/(?P<q>['\x22]).+(?P=q)/";`, []string{`='x'`}, []string{`='x"`}},
		"pcre free form":        {`content:"a"; pcre:"/a \s+ b # remark/x";`, []string{"a  b"}, []string{"ab"}},
		"base64":                {`content:"d="; base64_decode:relative; base64_data; content:"secret"; startswith;`, []string{"d=c2VjcmV0IQ=="}, []string{"d=c2VjcmU=", "d=**"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set := compile(t, `alert udp any any -> any any (msg:"t"; `+c.options+` sid:1; rev:1;)`)
			f := newFeeder(t, set)
			for _, p := range c.yes {
				if !f.packet(p) {
					t.Errorf("%q should match", p)
				}
			}
			for _, p := range c.no {
				if f.packet(p) {
					t.Errorf("%q should not match", p)
				}
			}
		})
	}
}

// packet judges one UDP packet.
func (f *feeder) packet(payload string) bool {
	in := udpInput(payload)
	return len(f.set.Inspect(f.sc, in)) > 0
}

func udpInput(payload string) *Input {
	return &Input{Src: netip.MustParseAddr("192.168.1.12"), Dst: netip.MustParseAddr("203.0.113.66"), SrcPort: 5000, DstPort: 9999,
		IPProto: rule.IPProtoUDP, App: rule.ProtoFailed, ToServer: true, Established: true,
		Packet: &Packet{TTL: 64}, PacketRules: true, Payload: []byte(payload), Flow: &FlowState{}, Hosts: hosts.New(), Now: 1}
}

const (
	client = "tcp 192.168.1.12:50000 > 203.0.113.66:8080\n"
	get    = "> GET /a?b=c HTTP/1.1\\r\\nHost: evil.example\\r\\nUser-Agent: Bot/1\\r\\n\\r\\n\n"
	ok     = "< HTTP/1.1 200 OK\\r\\nServer: x\\r\\n\\r\\nMZ program\n"
)

// TestRules plays conversations against rules and compares what is told.
func TestRules(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		rules, talk string
		want        []uint32
	}{
		"buffers of one request": {
			`alert http any any -> any any (flow:established,to_server; http.method; content:"GET"; http.uri; content:"b=c"; http.host; content:"evil"; sid:1;)
			 alert http any any -> any any (flow:established,to_server; http.method; content:"POST"; http.uri; content:"b=c"; sid:2;)`,
			client + get, []uint32{1}},
		"older modifiers": {
			`alert tcp any any -> any any (content:"b=c"; http_uri; nocase; content:"Bot"; http_user_agent; sid:1;)`, client + get, []uint32{1}},
		"response": {
			`alert http any any -> any any (flow:established,to_client; http.stat_code; content:"200"; file.data; content:"MZ"; depth:2; sid:1;)`, client + get + ok, []uint32{1}},
		"direction": {
			`alert http any any -> any any (flow:to_client; http.header; content:"Bot"; sid:1;)`, client + get + ok, nil},
		"transform": {
			`alert dns any any -> any any (dns.query; dotprefix; content:".bad.example"; endswith; sid:1;)
			 alert dns any any -> any any (dns.query; to_uppercase; content:"BAD"; sid:2;)`,
			"dns 192.168.1.12:53000 > 192.0.2.53:53 bad.example\ndns 192.168.1.12:53001 > 192.0.2.53:53 notgood.example\n", []uint32{1, 2}},
		"addresses and ports": {
			`alert tcp $HOME_NET any -> $EXTERNAL_NET 8080 (content:"GET"; sid:1;)
			 alert tcp $EXTERNAL_NET any -> $HOME_NET any (content:"GET"; sid:2;)
			 alert tcp $HOME_NET any -> any !8080 (content:"GET"; sid:3;)
			 alert tcp any 8080 <> $HOME_NET any (content:"GET"; sid:4;)`,
			client + get, []uint32{1, 4}},
		"stream across packets": {
			`alert tcp any any -> any any (flow:established; content:"left"; content:"right"; within:10; sid:1;)`,
			client + "> le\n.\n> ft an\n.\n> d right\n", []uint32{1}},
		"packets alone do not see it": {
			`alert tcp-pkt any any -> any any (content:"left"; sid:1;)`, client + "> le\n.\n> ft\n", nil},
		"told once for the same bytes": {
			`alert tcp any any -> any any (content:"once"; sid:1;)`, client + "> once\n.\n> more\n.\n> more\n", []uint32{1}},
		"told again for new bytes": {
			`alert tcp any any -> any any (content:"once"; sid:1;)`, client + "> once\n.\n> more\n.\n> once\n", []uint32{1, 1}},
		"actions in order": {
			`alert tcp any any -> any any (content:"x"; sid:1;)
			 drop tcp any any -> any any (content:"x"; sid:2;)`, client + "> x\n", []uint32{2, 1}},
		"pass ends it": {
			`alert tcp any any -> any any (content:"x"; sid:1;)
			 pass tcp any any -> any any (content:"x"; sid:2;)`, client + "> x\n", []uint32{2}},
		"flowbits": {
			`alert tcp any any -> any any (content:"first"; flowbits:set,seen; flowbits:noalert; sid:1;)
			 alert tcp any any -> any any (content:"second"; flowbits:isset,other|seen; sid:2;)
			 alert tcp any any -> any any (content:"second"; flowbits:isnotset,seen; sid:3;)`,
			client + "> first\n< ok\n> second\n", []uint32{2}},
		"flowint": {
			`alert tcp-pkt any any -> any any (content:"x"; flowint:n,+,1; noalert; sid:1;)
			 alert tcp-pkt any any -> any any (content:"x"; flowint:n,>,2; sid:2;)`,
			client + "> x\n.\n> x\n.\n> x\n", []uint32{2}},
		"xbits": {
			`alert tcp any any -> any any (content:"mark"; xbits:set,m,track ip_src,expire 10; noalert; sid:1;)
			 alert tcp any any -> any any (content:"ask"; xbits:isset,m,track ip_src; sid:2;)`,
			client + "> mark\ntcp 192.168.1.12:50001 > 203.0.113.67:80\n> ask\nwait 20s\ntcp 192.168.1.12:50002 > 203.0.113.67:80\n> ask\n", []uint32{2}},
		"threshold limit": {
			`alert tcp-pkt any any -> any any (content:"x"; threshold:type limit,track by_src,count 2,seconds 60; sid:1;)`,
			client + strings.Repeat("> x\n.\n", 5) + "wait 61s\n> x\n", []uint32{1, 1, 1}},
		"threshold each": {
			`alert tcp-pkt any any -> any any (content:"x"; threshold:type threshold,track by_dst,count 2,seconds 60; sid:1;)`,
			client + strings.Repeat("> x\n.\n", 5), []uint32{1, 1}},
		"threshold both": {
			`alert tcp-pkt any any -> any any (content:"x"; threshold:type both,track by_src,count 3,seconds 60; sid:1;)`,
			client + strings.Repeat("> x\n.\n", 9), []uint32{1}},
		"detection filter": {
			`alert tcp-pkt any any -> any any (content:"x"; detection_filter:track by_src,count 3,seconds 60; sid:1;)`,
			client + strings.Repeat("> x\n.\n", 5), []uint32{1, 1}},
		"address lists once a flow": {
			`alert ip [203.0.113.60-203.0.113.70,198.51.100.0/24] any -> $HOME_NET any (sid:1;)
			 alert ip $HOME_NET any -> [203.0.113.66] any (sid:2;)
			 alert ip $HOME_NET any -> [203.0.113.0/24,!203.0.113.66] any (sid:3;)`,
			client + "> x\n< y\n> z\n", []uint32{2}},
		"flags": {
			`alert tcp any any -> any 8080 (flags:S,12; sid:1;)`, client + "> x\n", []uint32{1}},
		"application protocol": {
			`alert tcp any any -> any any (app-layer-protocol:!http; content:"x"; sid:1;)
			 alert http any any -> any any (content:"Bot"; sid:2;)
			 alert tls any any -> any any (content:"Bot"; sid:3;)`, client + get, []uint32{2}},
		"stream size": {
			`alert tcp any any -> any any (content:"x"; stream_size:server,<,5; sid:1;)
			 alert tcp any any -> any any (content:"x"; stream_size:server,>,5; sid:2;)`, client + "< welcome\n> x\n", []uint32{2}},
		"anchored to the stream, not the window": {
			`alert tcp-stream any any -> any any (content:"x"; depth:1; sid:1;)`, client + "> a\n.\n> x\n", nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFeeder(t, compile(t, c.rules))
			if got := f.play(c.talk); !slices.Equal(got, c.want) {
				t.Errorf("told %v, want %v", got, c.want)
			}
		})
	}
}

// TestWaitsForBuffers gives the buffers of a transaction one by one.
func TestWaitsForBuffers(t *testing.T) {
	t.Parallel()
	set := compile(t, `alert http any any -> any any (flow:established,to_server; http.uri; content:"/evil"; http.request_body; content:"pass"; sid:1;)`)
	f := newFeeder(t, set)
	tx, flow := &TxState{}, &FlowState{}
	step := func(b rule.Buffer, v string, partial bool) int {
		in := udpInput("")
		in.IPProto, in.Packet, in.PacketRules, in.Payload, in.App, in.Tx, in.Flow = rule.IPProtoTCP, nil, false, nil, rule.ProtoHTTP, tx, flow
		put(in, rule.HTTPURI, []byte("/evil"))
		in.Values[0].Fresh = false
		put(in, b, []byte(v))
		in.Values[1].Partial = partial
		return len(set.Inspect(f.sc, in))
	}
	if n := step(rule.HTTPURI, "/evil", false); n != 0 {
		t.Error("fired before the body came")
	}
	if n := step(rule.HTTPRequestBody, "pa", true); n != 0 {
		t.Error("fired on half the body")
	}
	if n := step(rule.HTTPRequestBody, "password", true); n != 1 {
		t.Error("did not fire when the body was there")
	}
	if n := step(rule.HTTPRequestBody, "passwords", false); n != 0 {
		t.Error("fired twice in a transaction")
	}
}

// TestMoreMayCome: what a buffer that grows does not hold yet may still come.
func TestMoreMayCome(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options     string
		half, all   string
		halfs, ends int
	}{
		{`content:"ab"; content:!"good";`, "ab", "ab good", 0, 0},
		{`content:"ab"; content:!"good";`, "ab", "ab bad", 0, 1},
		{`content:"ab"; content:!"good"; within:4;`, "abcdefg", "abcdefg good", 1, 0},
		{`content:"ab"; pcre:"/ab$/";`, "ab", "abc", 0, 0},
		{`content:"ab"; pcre:"/ab\b/";`, "ab", "ab c", 0, 1},
		{`content:"ab"; pcre:"/ab(?!good)/";`, "ab", "abgood", 0, 0},
		{`content:"ab"; pcre:!"/good/";`, "ab", "ab good", 0, 0},
		{`content:"ab"; pcre:"/ab+/";`, "ab", "abc", 1, 0},
	} {
		f := newFeeder(t, compile(t, `alert http any any -> any any (http.request_body; `+c.options+` sid:1;)`))
		tx, flow := &TxState{}, &FlowState{}
		step := func(v string, partial bool) int {
			in := udpInput("")
			in.IPProto, in.Packet, in.PacketRules, in.Payload, in.App, in.Tx, in.Flow = rule.IPProtoTCP, nil, false, nil, rule.ProtoHTTP, tx, flow
			put(in, rule.HTTPRequestBody, []byte(v))
			in.Values[0].Partial = partial
			return len(f.set.Inspect(f.sc, in))
		}
		if half, all := step(c.half, true), step(c.all, false); half != c.halfs || all != c.ends {
			t.Errorf("%s: %d on %q, %d on %q", c.options, half, c.half, all, c.all)
		}
	}
}

// A rule for both sides needs the request that its answer belongs to; a rule that also
// looks at the stream needs the stream that carries its transaction.
func TestWhatBelongsToATransaction(t *testing.T) {
	t.Parallel()
	set := compile(t, `alert http any any => any 80 (http.uri; content:"/evil"; http.stat_code; content:"200"; sid:1;)
alert http any any -> any any (flow:to_client; content:"in the stream"; http.stat_code; content:"200"; sid:2;)`)
	f := newFeeder(t, set)
	step := func(uri, code, window string) (sids []uint32) {
		in := udpInput("")
		in.IPProto, in.Packet, in.PacketRules, in.Payload, in.App, in.Tx, in.Flow = rule.IPProtoTCP, nil, false, nil, rule.ProtoHTTP, &TxState{}, &FlowState{}
		in.ToServer, in.Src, in.Dst, in.SrcPort, in.DstPort = false, in.Dst, in.Src, 80, 4000
		in.Request = []app.Value{{Buffer: rule.HTTPURI, Data: []byte(uri)}}
		in.Window = []byte(window)
		put(in, rule.HTTPStatCode, []byte(code))
		for _, h := range set.Inspect(f.sc, in) {
			sids = append(sids, h.Rule.SID)
		}
		return sids
	}
	for _, c := range []struct {
		uri, code, window string
		want              []uint32
	}{
		{"/evil", "200", "HTTP/1.1 200", []uint32{1}},
		{"/good", "200", "HTTP/1.1 200", nil},
		{"/evil", "404", "HTTP/1.1 404 in the stream", nil},
		{"/good", "200", "HTTP/1.1 200 in the stream", []uint32{2}},
	} {
		if got := step(c.uri, c.code, c.window); !slices.Equal(got, c.want) {
			t.Errorf("%s %s %q: %v fired, want %v", c.uri, c.code, c.window, got, c.want)
		}
	}
}

// TestWorkIsBounded judges a payload made to explode.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	set := compile(t, `alert udp any any -> any any (content:"a"; content:"a"; distance:0; content:"a"; distance:0; content:"a"; distance:0; content:"a"; distance:0; content:"b"; distance:0; sid:1;)
		alert udp any any -> any any (content:"a"; pcre:"/(a+)+(?!a)c/"; sid:2;)`)
	f := newFeeder(t, set)
	if f.packet(strings.Repeat("a", 60000)) {
		t.Error("matched")
	}
}

func TestNewRulesForgetOldStates(t *testing.T) {
	t.Parallel()
	one := compile(t, `alert udp any any -> any any (content:"x"; flowbits:set,a; sid:1;)`)
	two := compile(t, `alert udp any any -> any any (content:"x"; flowbits:isset,b; sid:2;)`)
	in := udpInput("x")
	if n := len(one.Inspect(newFeeder(t, one).sc, in)); n != 1 {
		t.Fatal("the first rule did not fire")
	}
	if n := len(two.Inspect(newFeeder(t, two).sc, in)); n != 0 {
		t.Error("a bit of the old rules was taken for another one")
	}
}

func TestInspectDoesNotAllocate(t *testing.T) {
	set := compile(t, `alert tcp any any -> any any (content:"needle"; content:"thread"; distance:2; within:20; sid:1;)
		alert http any any -> any any (http.uri; content:"needle"; pcre:"/needle[0-9]+z/"; sid:2;)
		alert http any any -> any any (http.host; dotprefix; content:".needle.example"; endswith; sid:3;)
		alert tcp any any -> any any (flags:F; sid:4;)
		alert ip [203.0.113.1] any -> any any (sid:5;)`)
	f := newFeeder(t, set)
	in := udpInput("hay needle hay")
	in.IPProto, in.App, in.Tx = rule.IPProtoTCP, rule.ProtoHTTP, &TxState{}
	in.FlowStart, in.StreamNew = true, 5
	for b, v := range map[rule.Buffer]string{rule.BufStream: "hay needle hay", rule.HTTPURI: "/needle1\xff", rule.HTTPHost: "needle.example.org"} {
		put(in, b, []byte(v))
	}
	var hits int
	if n := testing.AllocsPerRun(1000, func() { hits = len(set.Inspect(f.sc, in)) }); n != 0 {
		t.Errorf("%v allocations for traffic that fulfils no rule", n)
	}
	if hits != 0 || f.sc.Candidates == 0 {
		t.Errorf("%d hits and %d candidates; the test wants candidates that are turned down", hits, f.sc.Candidates)
	}
}

func FuzzInspect(f *testing.F) {
	rules, _ := parse.Rules("f", []byte(`alert udp any any -> any any (content:"a"; byte_jump:1,0,relative; content:"b"; within:4; isdataat:1,relative; sid:1;)
		alert udp any any -> any any (content:"a"; byte_extract:2,-1,n,relative; content:"b"; distance:n; byte_test:n,>,4,0,relative; sid:2;)
		alert udp any any -> any any (content:"a"; base64_decode:offset 1,relative; base64_data; content:"x"; sid:3;)
		alert udp any any -> any any (content:"a"; pcre:"/\xff[^a]*(?:b|c)$/Rs"; content:!"z"; within:9; sid:4;)
		alert udp any any -> any any (content:"a"; byte_math:bytes 2,offset 0,oper /,rvalue 3,result q,relative; byte_jump:1,q,from_end,post_offset -3; sid:5;)`), parse.Options{})
	set, _, err := Compile(rules, Options{})
	if err != nil {
		f.Fatal(err)
	}
	sc, err := set.NewScratch()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("a\x01bbbb"))
	f.Add([]byte("aYWJjeHg=\xffb"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		in := udpInput(string(payload))
		first := len(set.Inspect(sc, in))
		in.Payload = bytes.Clone(payload)
		if again := len(set.Inspect(sc, in)); again != first {
			t.Errorf("%d hits, then %d", first, again)
		}
	})
}

// Sections that fail soonest come first, unless something found in one is for another.
func TestCheapFirst(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]rule.Buffer{
		`content:"xy"; http.uri; content:"/a"; pcre:"/^\/a[0-9]/"; http.header; content:"b"; http.method; content:"GET";`: {rule.HTTPMethod, rule.HTTPHeader, rule.BufPayload, rule.HTTPURI},
		`http.header; content:"b"; http.method; content:"GET"; http.uri; content:"/a";`:                                   {rule.HTTPMethod, rule.HTTPURI, rule.HTTPHeader},
		`http.header; content:"b"; byte_extract:1,0,n,relative; http.uri; content:"/a"; offset:n;`:                        {rule.HTTPHeader, rule.HTTPURI},
		`http.header; pcre:"/b(.)/, flow:x"; http.uri; content:"/a";`:                                                     {rule.HTTPHeader, rule.HTTPURI},
		`http.header; content:"b"; dataset:set,seen,type string; http.uri; content:"/a";`:                                 {rule.HTTPHeader, rule.HTTPURI},
	} {
		set := compile(t, `alert http any any -> any any (msg:"t"; flow:to_server; `+text+` sid:1; rev:1;)`)
		var got []rule.Buffer
		for _, sec := range set.rules[0].sections {
			got = append(got, sec.buf)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
