package families

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func load(t *testing.T) *Set {
	t.Helper()
	s, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// eachText calls f with every sentence-bearing field of every family.
func eachText(t *testing.T, f func(family, lang, field, text string)) {
	t.Helper()
	s := load(t)
	for _, key := range s.Keys() {
		fam, _ := s.Get(key)
		for _, lang := range []string{"ja", "en"} {
			v := reflect.ValueOf(*fam.In(lang))
			for i := range v.NumField() {
				name := v.Type().Field(i).Name
				switch x := v.Field(i).Interface().(type) {
				case string:
					f(key, lang, name, x)
				case []string:
					for _, line := range x {
						f(key, lang, name, line)
					}
				}
			}
		}
	}
}

func TestBothLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	eachText(t, func(family, lang, field, text string) {
		if strings.TrimSpace(text) == "" && field != "DoPassed" {
			t.Errorf("%s.%s: %s is empty", family, lang, field)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '\u007f' }) {
			t.Errorf("%s.%s: %s has a control character", family, lang, field)
		}
	})
	s := load(t)
	if n := len(s.Keys()); n < 16 {
		t.Errorf("only %d families", n)
	}
	for _, key := range s.Keys() {
		f, _ := s.Get(key)
		if len(f.Ja.Steps) != len(f.En.Steps) || len(f.Ja.Phone) != len(f.En.Phone) || (f.Ja.DoPassed == "") != (f.En.DoPassed == "") {
			t.Errorf("%s: the two languages do not say the same", key)
		}
		if n := len(f.Ja.Steps); n == 0 || n > MaxSteps {
			t.Errorf("%s: %d steps", key, n)
		}
		if f.Class == Outside && (f.Ja.DoPassed == "" || f.Outbound == "" || f.Internal == "") {
			t.Errorf("%s: an outside family needs do_passed, outbound and internal", key)
		}
		if f.Class != Inside && f.Class != Outside || f.Within != Now && f.Within != Today && f.Within != Week {
			t.Errorf("%s: class %q within %q", key, f.Class, f.Within)
		}
		if f.Controlled && f.Class != Inside {
			t.Errorf("%s: only an inside device can be controlled", key)
		}
	}
}

// jargon may not reach an owner outside the technical block.
var jargon = map[string][]string{
	"ja": {"検出", "検知", "IPS", "IDS", "UTM", "シグネチャ", "C2", "C&C", "マルウェア", "エクスプロイト", "ペイロード", "ポートスキャン",
		"ブルートフォース", "トラフィック", "プロトコル", "パケット", "ハッシュ", "脆弱性", "インシデント", "エンドポイント", "ファイアウォール", "不正アクセス"},
	"en": {"signature", "ips", "ids", "c2", "malware", "exploit", "payload", "traffic", "protocol", "packet", "hash", "vulnerability",
		"incident", "endpoint", "firewall", "brute", "detected", "remediate", "quarantine", "lateral"},
}

func TestNoJargon(t *testing.T) {
	t.Parallel()
	eachText(t, func(family, lang, field, text string) {
		for _, word := range jargon[lang] {
			bad := strings.Contains(text, word)
			if lang == "en" {
				bad = regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(word) + `s?\b`).MatchString(text)
			}
			if bad {
				t.Errorf("%s.%s: %s uses %q: %s", family, lang, field, word, text)
			}
		}
	})
}

// Bounds of one sentence: what a reader takes in at once on a phone.
const (
	maxJaRunes = 62
	maxEnWords = 22
)

func TestSentencesAreShort(t *testing.T) {
	t.Parallel()
	eachText(t, func(family, lang, field, text string) {
		sep := "。"
		if lang == "en" {
			sep = ". "
		}
		for _, one := range strings.Split(text, sep) {
			if lang == "ja" && utf8.RuneCountInString(one) > maxJaRunes {
				t.Errorf("%s.ja: %s: %d characters: %s", family, field, utf8.RuneCountInString(one), one)
			}
			if lang == "en" && len(strings.Fields(one)) > maxEnWords {
				t.Errorf("%s.en: %s: %d words: %s", family, field, len(strings.Fields(one)), one)
			}
		}
	})
}

func TestOnlyKnownPlaceholders(t *testing.T) {
	t.Parallel()
	hole := regexp.MustCompile(`\{[^}]*\}`)
	eachText(t, func(family, lang, field, text string) {
		for _, h := range hole.FindAllString(text, -1) {
			if h != "{device}" && h != "{time}" {
				t.Errorf("%s.%s: %s has %s", family, lang, field, h)
			}
		}
		switch field {
		case "Subject", "Happened":
			if !strings.Contains(text, "{device}") {
				t.Errorf("%s.%s: %s does not name the device", family, lang, field)
			}
		case "Board", "Boss":
			if strings.Contains(text, "{device}") {
				t.Errorf("%s.%s: %s names a device", family, lang, field)
			}
		}
	})
}

func TestEveryRuleHasAFamily(t *testing.T) {
	t.Parallel()
	s := load(t)
	f := func(want string, e Seen) {
		t.Helper()
		if e.Kind == "" {
			e.Kind = "ips"
		}
		got := s.Of(e)
		if got != want {
			t.Errorf("Of(%+v) = %q, want %q", e, got, want)
		}
		if _, ok := s.Get(got); !ok {
			t.Errorf("%q is no family", got)
		}
	}
	f("c2", Seen{Msg: "ET MALWARE Win32/AgentTesla CnC Activity", Class: "trojan-activity", Direction: "outbound"})
	f("c2", Seen{Msg: "ET MALWARE Observed Cobalt Strike Domain in TLS SNI", Class: "domain-c2", Direction: "outbound"})
	f("ransomware", Seen{Msg: "ET MALWARE Win32/LockBit Ransomware Checkin", Class: "trojan-activity", Direction: "outbound"})
	f("coinminer", Seen{Msg: "ET POLICY XMRig Miner Login", Class: "coin-mining", Direction: "outbound"})
	f("phishing", Seen{Msg: "ET PHISHING Successful Microsoft Phish", Class: "credential-theft", Direction: "outbound"})
	f("exploit", Seen{Msg: "ET WEB_SPECIFIC_APPS WordPress Plugin Upload", Class: "web-application-attack", Direction: "inbound"})
	f("exploit", Seen{Msg: "ET EXPLOIT Apache log4j RCE Attempt", Class: "attempted-admin", Direction: "inbound"})
	f("scan", Seen{Msg: "ET SCAN Nmap Scripting Engine User-Agent", Class: "attempted-recon", Direction: "inbound"})
	f("bruteforce", Seen{Msg: "ET SCAN Potential SSH Scan", Class: "attempted-recon", Direction: "inbound"})
	f("rdp-probe", Seen{Msg: "ET SCAN RDP Connection Attempt from Nmap", Class: "network-scan", Direction: "inbound"})
	f("smb-probe", Seen{Msg: "ET EXPLOIT Possible ETERNALBLUE MS17-010", Class: "trojan-activity", Direction: "inbound"})
	// One of our own devices attacks: out it is a botnet, inside it spreads.
	f("botnet", Seen{Msg: "ET EXPLOIT Realtek SDK RCE", Class: "attempted-admin", Direction: "outbound"})
	f("lateral", Seen{Msg: "ET EXPLOIT Possible ETERNALBLUE MS17-010", Class: "trojan-activity", Direction: "internal"})
	f("lateral", Seen{Family: "smb-probe", Direction: "internal"})
	// The rule's own word counts most; an unknown one counts nothing.
	f("exfil", Seen{Family: "exfil", Msg: "ET SCAN x", Class: "network-scan", Direction: "outbound"})
	f("webshell", Seen{Family: "no-such-family", Msg: "ET WEB_SERVER China Chopper upload", Direction: "inbound"})
	// Nothing known: the side decides.
	f("outside", Seen{Msg: "local rule", Direction: "inbound"})
	f("inside", Seen{Msg: "local rule", Direction: "outbound"})
	f("notice", Seen{Msg: "ET INFO odd banner", Class: "bad-unknown", Direction: "inbound"})
	f("inside", Seen{})
	f("site-malware", Seen{Kind: "site", Site: "malware"})
	f("phishing", Seen{Kind: "site", Site: "phishing"})
	f("c2", Seen{Kind: "site", Site: "c2"})
	f("site-malware", Seen{Kind: "site", Site: "something new"})
	f("encrypted-dns", Seen{Kind: "site", Site: "encrypted-dns"})
	f("policy", Seen{Kind: "site", Site: "company"}) // the company's own denial
	f("virus", Seen{Kind: "virus"})
	f("virus", Seen{Kind: "virus", Virus: "Win.Test", App: "http"})
	f("virus-mail", Seen{Kind: "virus", Virus: "Win.Test", App: "smtp"})
	f("virus-mail", Seen{Kind: "virus", Virus: "Win.Test", App: "imap"})
	f("file-locked", Seen{Kind: "virus", Virus: "Heuristics.Encrypted.Zip", App: "pop3"})
	f("file-macro", Seen{Kind: "virus", Virus: "Heuristics.OLE2.ContainsMacros.VBA", App: "http"})
}

var ruleFamily = regexp.MustCompile(`otasuke_family\s+([a-z0-9-]+)`)

func TestFamiliesOfOurRulesExist(t *testing.T) {
	t.Parallel()
	s := load(t)
	paths, err := filepath.Glob("../rules/*.rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ruleFamily.FindAllStringSubmatch(string(b), -1) {
			if _, ok := s.Get(m[1]); !ok {
				t.Errorf("%s: unknown family %q", filepath.Base(p), m[1])
			}
		}
	}
	for _, key := range strings.Fields("exploit webshell smb-probe rdp-probe scan c2 trojan-download ransomware exfil coinminer phishing botnet remote-tool policy lateral virus site-malware unprotected") {
		if _, ok := s.Get(key); !ok {
			t.Errorf("family %q is missing", key)
		}
	}
}

// A rule of one's own, whose message begins as nobody else's do, is told by its technique.
func TestATechniqueTellsAFamily(t *testing.T) {
	t.Parallel()
	s := load(t)
	for _, c := range []struct {
		e    Seen
		want string
	}{
		{Seen{Msg: "OUR files are renamed", Class: "misc-activity", Mitre: []string{"T1486"}}, "ransomware"},
		{Seen{Msg: "OUR letter", Mitre: []string{"T1566.003"}}, "phishing"}, // a kind of it that has no family
		{Seen{Msg: "OUR letter", Mitre: []string{"T1566.001"}}, "virus-mail"},
		{Seen{Msg: "OUR beacon", Mitre: []string{"T9999", "TA0011", "", "T1071.001"}}, "c2"},
		{Seen{Msg: "OUR letter", Class: "coin-mining", Mitre: []string{"T1566"}}, "coinminer"}, // the classtype says more
		{Seen{Msg: "OUR thing", Mitre: []string{"T1566.", ".001", "t1566"}}, "phishing"},
		{Seen{Msg: "OUR thing", Mitre: []string{"T1059"}, Direction: "inbound"}, "outside"},
		{Seen{Msg: "OUR attack on the web", Mitre: []string{"T1190"}, Direction: "outbound"}, s.turn("exploit", "outbound")},
	} {
		if c.e.Kind = "ips"; s.Of(c.e) != c.want {
			t.Errorf("%+v: %s, want %s", c.e, s.Of(c.e), c.want)
		}
	}
}
