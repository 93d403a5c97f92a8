package rule

import (
	"fmt"
	"strconv"
	"strings"
)

// Class is what a class type stands for.
type Class struct {
	Text     string // one line
	Priority int    // 1 is the most urgent
}

// Classes are class types by name.
type Classes map[string]Class

// DefaultClasses returns the class types that public rules use, so that rules
// work without a classification file.
func DefaultClasses() Classes {
	return Classes{
		"not-suspicious":                 {"Ordinary traffic", 3},
		"unknown":                        {"Traffic of an unknown kind", 3},
		"bad-unknown":                    {"Traffic that may be bad", 2},
		"attempted-recon":                {"Someone tries to learn about a system", 2},
		"successful-recon-limited":       {"Someone learnt a little about a system", 2},
		"successful-recon-largescale":    {"Someone learnt much about a system", 2},
		"attempted-dos":                  {"Someone tries to stop a service", 2},
		"successful-dos":                 {"A service was stopped", 2},
		"attempted-user":                 {"Someone tries to act as a user", 1},
		"unsuccessful-user":              {"Someone failed to act as a user", 1},
		"successful-user":                {"Someone acts as a user", 1},
		"attempted-admin":                {"Someone tries to act as administrator", 1},
		"successful-admin":               {"Someone acts as administrator", 1},
		"rpc-portmap-decode":             {"A question to the RPC port mapper", 2},
		"shellcode-detect":               {"Machine code of an attack", 1},
		"string-detect":                  {"A suspicious text", 3},
		"suspicious-filename-detect":     {"A suspicious file name", 2},
		"suspicious-login":               {"A login with a suspicious name", 2},
		"system-call-detect":             {"A system call in the traffic", 2},
		"tcp-connection":                 {"A TCP connection", 4},
		"trojan-activity":                {"A malicious program at work", 1},
		"unusual-client-port-connection": {"A client uses an unusual port", 2},
		"network-scan":                   {"Someone searches the network", 3},
		"denial-of-service":              {"An attack that stops a service", 2},
		"non-standard-protocol":          {"An unusual protocol or event", 2},
		"protocol-command-decode":        {"A command of a protocol", 3},
		"web-application-activity":       {"Access to a web application that may be open to attack", 2},
		"web-application-attack":         {"Attack on a web application", 1},
		"misc-activity":                  {"Other activity", 3},
		"misc-attack":                    {"Other attack", 2},
		"icmp-event":                     {"An ICMP message", 3},
		"inappropriate-content":          {"Content not fit for work", 1},
		"policy-violation":               {"Use that company rules may forbid", 1},
		"default-login-attempt":          {"A login with a factory password", 2},
		"sdf":                            {"Personal data in the traffic", 2},
		"targeted-activity":              {"Activity aimed at this company", 1},
		"exploit-kit":                    {"A web page that attacks browsers", 1},
		"external-ip-check":              {"A device asks for its own outside address", 2},
		"domain-c2":                      {"A name used to control infected devices", 1},
		"pup-activity":                   {"A program that is probably unwanted", 2},
		"credential-theft":               {"Passwords were probably stolen", 1},
		"social-engineering":             {"An attempt to deceive a person", 2},
		"coin-mining":                    {"Computing for digital coins", 2},
		"command-and-control":            {"An infected device and its controller", 1},
	}
}

// ParseClasses reads a classification.config. It returns the classes read and
// a refusal for each line it could not read.
func ParseClasses(name string, text []byte) (Classes, []Refusal) {
	out := Classes{}
	refused := eachConfig(name, text, "config classification", func(v string) error {
		f := strings.SplitN(v, ",", 3)
		if len(f) != 3 {
			return fmt.Errorf("%q has not three parts; write: name,description,priority", v)
		}
		priority, err := strconv.Atoi(strings.TrimSpace(f[2]))
		if err != nil || priority < 1 || priority > 255 {
			return fmt.Errorf("%q is not a priority from 1 to 255", f[2])
		}
		name := strings.TrimSpace(f[0])
		if name == "" {
			return fmt.Errorf("%q has no name; write: name,description,priority", v)
		}
		out[name] = Class{strings.TrimSpace(f[1]), priority}
		return nil
	})
	return out, refused
}

// Reference points to a text about the threat.
type Reference struct {
	Type, ID string
	Prefix   string
}

// URL returns the address of the text, "" when the type is unknown.
func (r Reference) URL() string {
	if r.Prefix == "" {
		return ""
	}
	return r.Prefix + r.ID
}

// DefaultReferences returns the prefixes of reference types.
func DefaultReferences() map[string]string {
	return map[string]string{
		"url": "http://", "cve": "https://www.cve.org/CVERecord?id=CVE-", "md5": "https://www.virustotal.com/gui/search/",
		"bugtraq": "http://www.securityfocus.com/bid/", "exploitdb": "https://www.exploit-db.com/exploits/",
		"nessus": "https://www.tenable.com/plugins/nessus/", "osvdb": "http://osvdb.org/",
		"et": "http://doc.emergingthreats.net/", "etpro": "http://doc.emergingthreats.net/",
	}
}

// ParseReferences reads a reference.config.
func ParseReferences(name string, text []byte) (map[string]string, []Refusal) {
	out := map[string]string{}
	refused := eachConfig(name, text, "config reference", func(v string) error {
		f := strings.Fields(v)
		if len(f) != 2 {
			return fmt.Errorf("%q is not a name and an address; write: name address", v)
		}
		out[strings.ToLower(f[0])] = f[1]
		return nil
	})
	return out, refused
}

func eachConfig(name string, text []byte, prefix string, f func(v string) error) (refused []Refusal) {
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		head, v, _ := strings.Cut(line, ":")
		err := fmt.Errorf("the line does not begin with %q; correct or delete it", prefix+":")
		if strings.Join(strings.Fields(head), " ") == prefix {
			err = f(strings.TrimSpace(v))
		}
		if err != nil {
			refused = append(refused, Refusal{File: name, Line: n, Reason: err.Error()})
		}
	}
	return refused
}
