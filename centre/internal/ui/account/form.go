package account

import (
	"strings"

	"otasuke/centre/internal/ui"
)

// Keys of words that the end of the key chooses.
const (
	faultKey = "login.password_"
	kindKey  = "login.share_"
	saidKey  = "login.said_"
)

// What forms are made of.
type (
	field = ui.Field
	form  = ui.Form
)

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
