package account

import "strings"

// Keys of words that the end of the key chooses.
const (
	faultKey = "login.password_"
	kindKey  = "login.share_"
	saidKey  = "login.said_"
)

// field is one line of a form: what is typed wrong comes back with the reason beside it.
type field struct {
	ID, Label, Type, Value, Hint, Error, Auto string
	Max                                       int // characters
}

type form []field

// fault marks a field; an empty text marks nothing.
func (f form) fault(id, text string) {
	for i := range f {
		if f[i].ID == id {
			f[i].Error = text
		}
	}
}

// fill keeps what was typed; passwords are typed again.
func (f form) fill(value func(string) string) form {
	for i := range f {
		if f[i].Type != "password" {
			f[i].Value = value(f[i].ID)
		}
	}
	return f
}

func (f form) faults() (bad []field) {
	for _, one := range f {
		if one.Error != "" {
			bad = append(bad, one)
		}
	}
	return bad
}

// Systems and browsers by what they write into User-Agent, the more special first: each
// claims to be those after it as well.
var (
	systems  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "Chromebook"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"Linux", "Linux"}}
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"YJApp", "Yahoo! JAPAN"}, {"Line/", "LINE"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}}
)

func agentParts(agent string) (system, browser string) {
	find := func(list [][2]string) string {
		for _, one := range list {
			if strings.Contains(agent, one[0]) {
				return one[1]
			}
		}
		return ""
	}
	return find(systems), find(browsers)
}
