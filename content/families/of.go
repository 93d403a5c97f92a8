package families

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Seen is what is known about an event when its family is asked for.
type Seen struct {
	Kind      string   // "ips", "site", "virus"
	Class     string   // the rule's classtype
	Msg       string   // the rule's message
	Family    string   // metadata otasuke_family of the rule
	Mitre     []string // its metadata mitre_technique_id: "T1566", "T1566.002"
	Site      string   // category of the dangerous site
	Virus     string   // what the scanner calls it
	App       string   // application protocol
	Direction string   // "inbound", "outbound", "internal"
}

// Of gives the key of the family that explains an event; it always finds one.
// What says most wins: the rule's own metadata, a telling word in its message, a
// telling classtype, the longest prefix of the message, a technique of ATT&CK, any
// classtype, and last the fallback for its direction.
func (s *Set) Of(e Seen) string {
	switch e.Kind {
	case "virus":
		return virus(e)
	case "site":
		if key, ok := s.sites[strings.ToLower(e.Site)]; ok {
			return key
		}
		return "site-malware"
	}
	return s.turn(s.rule(e), e.Direction)
}

// virus gives the family of a file. What the scanner calls so is no virus but a file that it
// could not look into, or one that may act by itself. Mail is never stopped.
func virus(e Seen) string {
	switch {
	case strings.HasPrefix(e.Virus, "Heuristics.Encrypted."):
		return "file-locked"
	case strings.HasPrefix(e.Virus, "Heuristics.OLE2.ContainsMacros"):
		return "file-macro"
	case e.App == "smtp" || e.App == "pop3" || e.App == "imap":
		return "virus-mail"
	}
	return "virus"
}

func (s *Set) rule(e Seen) string {
	if s.byKey[e.Family] != nil {
		return e.Family
	}
	msg, class := strings.ToLower(strings.TrimSpace(e.Msg)), strings.ToLower(e.Class)
	for i := range s.words {
		w := &s.words[i]
		if w.fits(msg) && hasWord(msg, w.text) {
			return w.key
		}
	}
	if key, ok := s.strong[class]; ok {
		return key
	}
	for _, p := range s.prefix {
		if strings.HasPrefix(msg, p.text) {
			return p.key
		}
	}
	for _, id := range e.Mitre {
		whole, _, _ := strings.Cut(id, ".")
		if key := cmp.Or(s.tricks[id], s.tricks[whole]); key != "" {
			return key
		}
	}
	if key, ok := s.weak[class]; ok {
		return key
	}
	if e.Direction == "inbound" {
		return s.outside
	}
	return s.inside
}

// turn corrects the side: what is an attack from outside when it comes in means
// that one of our own devices attacks when it goes out or stays inside.
func (s *Set) turn(key, direction string) string {
	f := s.byKey[key]
	switch {
	case direction == "outbound" && f.Outbound != "":
		return f.Outbound
	case direction == "internal" && f.Internal != "":
		return f.Internal
	case direction == "inbound" && f.Fallback && f.Class == Inside:
		return s.outside
	}
	return key
}

// hasWord says whether msg has a word that begins with w; both in lower case.
// Only the beginning must be a boundary, so that "ransom" finds "ransomware"
// while "rdp" does not find "wordpress".
func hasWord(msg, w string) bool {
	for from := 0; ; {
		i := strings.Index(msg[from:], w)
		if i < 0 {
			return false
		}
		i += from
		if r, _ := utf8.DecodeLastRuneInString(msg[:i]); i == 0 || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return true
		}
		from = i + 1
	}
}
