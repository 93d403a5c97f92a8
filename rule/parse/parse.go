package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/group"
	"strconv"
	"strings"
)

// Limits of rule text.
const (
	// MaxRuleLength bounds one rule. The longest of public sets, lists of
	// addresses, have about 20 KiB.
	MaxRuleLength = 256 << 10
	// maxMatches bounds the matches of one rule; public rules stay below 60.
	maxMatches = 512
	// maxVars bounds the values a rule may extract.
	maxVars = 64
)

// Options say in what surroundings rules are read.
type Options struct {
	// Vars are address and port variables without the dollar sign, for example
	// HOME_NET. Missing ones refuse the rules that name them. See [DefaultVars].
	Vars map[string]string
	// Classes are class types; nil means [DefaultClasses].
	Classes rule.Classes
	// ReferenceURLs are prefixes by reference type; nil means [DefaultReferences].
	ReferenceURLs map[string]string
	// Open reads a list that a rule names (dataset, filemd5); nil refuses such rules.
	Open func(name string) ([]byte, error)
	// Disabled also reads rules that are commented out.
	Disabled bool
}

// DefaultVars returns the variables that public rules use, for a small office
// with private addresses.
func DefaultVars() map[string]string {
	return map[string]string{
		"HOME_NET":     "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]",
		"EXTERNAL_NET": "!$HOME_NET",
		"HTTP_SERVERS": "$HOME_NET", "SMTP_SERVERS": "$HOME_NET", "SQL_SERVERS": "$HOME_NET",
		"DNS_SERVERS": "$HOME_NET", "TELNET_SERVERS": "$HOME_NET", "AIM_SERVERS": "$EXTERNAL_NET",
		"DC_SERVERS": "$HOME_NET", "DNP3_SERVER": "$HOME_NET", "DNP3_CLIENT": "$HOME_NET",
		"MODBUS_CLIENT": "$HOME_NET", "MODBUS_SERVER": "$HOME_NET", "ENIP_CLIENT": "$HOME_NET",
		"ENIP_SERVER": "$HOME_NET",
		"HTTP_PORTS":  "80", "SHELLCODE_PORTS": "!80", "ORACLE_PORTS": "1521",
		"SSH_PORTS": "22", "DNP3_PORTS": "20000", "MODBUS_PORTS": "502", "FTP_PORTS": "21",
		"FILE_DATA_PORTS": "[$HTTP_PORTS,110,143]", "GENEVE_PORTS": "6081", "VXLAN_PORTS": "4789",
		"TEREDO_PORTS": "3544", "SIP_PORTS": "[5060,5061]",
	}
}

// parser keeps what the rules of one file share.
type parser struct {
	opt    Options
	groups group.Reader
	lists  map[string]*rule.List
}

// Rules reads the rules of one file. It returns the rules that can be run, in
// the order of the file, and says of every other why not. When a signature id
// occurs twice the higher revision stays.
func Rules(name string, text []byte, opt Options) ([]*rule.Rule, []rule.Refusal) {
	if opt.Vars == nil {
		opt.Vars = DefaultVars()
	}
	if opt.Classes == nil {
		opt.Classes = rule.DefaultClasses()
	}
	if opt.ReferenceURLs == nil {
		opt.ReferenceURLs = rule.DefaultReferences()
	}
	p := &parser{opt: opt, groups: group.Reader{Vars: opt.Vars}}
	var rules []*rule.Rule
	var refused []rule.Refusal
	eachRule(string(text), opt.Disabled, func(line int, rule string) {
		r, refusal := p.rule(rule)
		if refusal != nil {
			refusal.File, refusal.Line = name, line
			refused = append(refused, *refusal)
			return
		}
		r.File, r.Line = name, line
		rules = append(rules, r)
	})
	rules, doubles := Merge(rules)
	return rules, append(refused, doubles...)
}

// Merge joins rules of several files. Of rules with the same generator and
// signature id the one with the highest revision stays; the others are refused.
func Merge(lists ...[]*rule.Rule) ([]*rule.Rule, []rule.Refusal) {
	type id struct{ gid, sid uint32 }
	best := map[id]*rule.Rule{}
	for _, list := range lists {
		for _, r := range list {
			if b := best[id{r.GID, r.SID}]; b == nil || r.Rev > b.Rev {
				best[id{r.GID, r.SID}] = r
			}
		}
	}
	var out []*rule.Rule
	var refused []rule.Refusal
	for _, list := range lists {
		for _, r := range list {
			b := best[id{r.GID, r.SID}]
			if b == r {
				out = append(out, r)
				continue
			}
			refused = append(refused, rule.Refusal{File: r.File, Line: r.Line, SID: r.SID, Keyword: "sid",
				Reason: fmt.Sprintf("the same sid stands at %s:%d with rev %d, which is used; give this rule its own sid or delete it", b.File, b.Line, b.Rev)})
		}
	}
	return out, refused
}

// eachRule calls f for each rule of a file, with continuation lines joined.
func eachRule(text string, disabled bool, f func(line int, rule string)) {
	for n, start, joined := 1, 1, ""; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line = strings.TrimSuffix(line, "\r")
		if joined == "" {
			start = n
		}
		if body, more := strings.CutSuffix(strings.TrimRight(line, " \t"), `\`); more && text != "" {
			joined += body
			continue
		}
		line, joined = strings.TrimSpace(joined+line), ""
		if rule, off := strings.CutPrefix(line, "#"); off {
			if rule = strings.TrimSpace(rule); disabled && looksLikeRule(rule) {
				f(start, rule)
			}
		} else if line != "" {
			f(start, line)
		}
	}
}

func looksLikeRule(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	_, ok := actionNames[word]
	return ok && strings.HasSuffix(s, ")") && strings.Contains(s, "(")
}

// rule reads one rule.
func (p *parser) rule(text string) (*rule.Rule, *rule.Refusal) {
	if len(text) > MaxRuleLength {
		return nil, &rule.Refusal{Reason: fmt.Sprintf("the rule is longer than %d bytes; split it", MaxRuleLength)}
	}
	header, options, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(options, ")") {
		return nil, &rule.Refusal{Reason: "the options are not enclosed in ( and ); look for a missing parenthesis or line"}
	}
	opts, err := splitOptions(options[:len(options)-1])
	if err != nil {
		return nil, &rule.Refusal{Reason: err.Error()}
	}
	r := &rule.Rule{GID: 1, Priority: 3}
	refuse := func(keyword string, err error) (*rule.Rule, *rule.Refusal) {
		return nil, &rule.Refusal{SID: findSID(opts), Keyword: keyword, Reason: err.Error()}
	}
	b := &builder{p: p, r: r, section: -1}
	for _, o := range opts {
		if o.key == "requires" { // what a rule for another version says is not looked at
			if err := setRequires(b, o.value); err != nil {
				return refuse(o.key, err)
			}
		}
	}
	if err := p.header(r, header); err != nil {
		return refuse("", err)
	}
	for _, o := range opts {
		if err := b.option(o); err != nil {
			return refuse(o.key, err)
		}
	}
	if keyword, err := b.finish(); err != nil {
		return refuse(keyword, err)
	}
	return r, nil
}

// header reads action, protocol, addresses and direction.
func (p *parser) header(r *rule.Rule, text string) error {
	f, err := headerFields(text)
	if err != nil {
		return err
	}
	var ok bool
	if r.Action, ok = actionNames[f[0]]; !ok {
		return fmt.Errorf("unknown action %q; use alert, drop, reject or pass", f[0])
	}
	if r.Proto, ok = protoByName[strings.ToLower(f[1])]; !ok {
		return fmt.Errorf("protocol %q is not supported; use for example tcp, udp, http, dns or tls", f[1])
	}
	src, srcPort, dst, dstPort := f[2], f[3], f[5], f[6]
	switch f[4] {
	case "->":
	case "<>":
		r.Both = true
	case "=>":
		r.BothSides = true
	case "<-":
		src, srcPort, dst, dstPort = dst, dstPort, src, srcPort
	default:
		return fmt.Errorf("unknown direction %q; use ->, <> or =>", f[4])
	}
	if r.Src, err = p.groups.Addrs(src); err != nil {
		return err
	}
	if r.Dst, err = p.groups.Addrs(dst); err != nil {
		return err
	}
	if r.SrcPorts, err = p.groups.Ports(srcPort); err != nil {
		return err
	}
	r.DstPorts, err = p.groups.Ports(dstPort)
	return err
}

// headerFields splits the header at blanks outside brackets.
func headerFields(text string) (f [7]string, err error) {
	n, depth, start := 0, 0, -1
	for i := 0; i <= len(text); i++ {
		blank := i == len(text) || text[i] == ' ' || text[i] == '\t'
		switch {
		case blank && (depth == 0 || i == len(text)):
			if start >= 0 {
				if n == len(f) {
					return f, errors.New("the header has too many parts; write: action protocol source port -> destination port")
				}
				f[n] = text[start:i]
				n++
			}
			start = -1
			continue
		case blank:
			continue
		case text[i] == '[':
			depth++
		case text[i] == ']':
			depth--
		}
		if start < 0 {
			start = i
		}
	}
	if n != len(f) {
		return f, errors.New("the header has too few parts; write: action protocol source port -> destination port")
	}
	return f, nil
}

// setting is one keyword with its value as written, "" if it has none.
type setting struct{ key, value string }

// splitOptions splits at semicolons that no backslash escapes. Values are copies: what a rule
// keeps of them must not keep the text of the file.
func splitOptions(text string) ([]setting, error) {
	out := make([]setting, 0, strings.Count(text, ";"))
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			i++
			continue
		}
		if text[i] != ';' {
			continue
		}
		if o := strings.TrimSpace(text[start:i]); o != "" {
			key, value, _ := strings.Cut(o, ":")
			out = append(out, setting{strings.TrimSpace(key), strings.Clone(strings.TrimSpace(value))})
		}
		start = i + 1
	}
	if rest := strings.TrimSpace(text[start:]); rest != "" {
		return nil, fmt.Errorf("the option %.40q is not ended; put a ; behind it", rest)
	}
	return out, nil
}

func findSID(opts []setting) uint32 {
	for _, o := range opts {
		if o.key == "sid" {
			n, _ := strconv.ParseUint(o.value, 10, 32)
			return uint32(n)
		}
	}
	return 0
}
