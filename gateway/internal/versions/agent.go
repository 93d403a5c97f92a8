package versions

import "bytes"

// Names of programs and systems, as advisories call them.
const (
	Firmware = "firmware"
	Chrome   = "chrome"
	Edge     = "edge"
	Firefox  = "firefox"
	Safari   = "safari"
	Windows  = "windows"
	Android  = "android"
	IOS      = "ios"
	MacOS    = "macos"
)

// maxVersion of a version in bytes.
const maxVersion = 32

// Found is a program and the version that it tells.
type Found struct {
	Name    string
	Version []byte // of the text that was given
	// Partial: it tells only the beginning of its version.
	Partial bool
}

// browsers are marks of browsers, the more telling first: those made of Chromium name Chrome as well.
var browsers = [...]struct{ mark, name string }{
	{"Edg/", Edge}, {"OPR/", ""}, {"SamsungBrowser/", ""}, {"Vivaldi/", ""}, {"CriOS/", ""}, {"FxiOS/", ""}, {"Firefox/", Firefox}, {"HeadlessChrome/", Chrome}, {"Chrome/", Chrome}, {"Version/", Safari},
}

// systems are marks of operating systems. What browsers tell of macOS and of Windows since 10 stays the same for ever.
var systems = [...]struct{ mark, name string }{
	{"Android ", Android}, {"iPhone OS ", IOS}, {"CPU OS ", IOS}, {"Windows NT ", Windows}, {"Mac OS X ", MacOS},
}

// Agent reads how a program calls itself (RFC 9110 section 10.1.5): the browser first, then the system; empty names for what
// is not told. Chrome and those made of it tell only the first number since version 101 ("User-Agent Reduction"), the rest are
// zeros; Android's name of a system is fixed there, too.
func Agent(b []byte) (browser, system Found) {
	for _, m := range &browsers {
		v := behind(b, m.mark)
		if v == nil {
			continue
		}
		if m.name == Safari && !bytes.Contains(b, []byte("Safari/")) || m.name == Safari && bytes.Contains(b, []byte("Android")) {
			break
		}
		if browser = (Found{Name: m.name, Version: v}); m.name == "" {
			browser = Found{}
		} else if first, rest, ok := bytes.Cut(v, []byte(".")); ok && (m.name == Chrome || m.name == Edge) && string(rest) == "0.0.0" {
			browser.Version, browser.Partial = first, true
		}
		break
	}
	for _, m := range &systems {
		v := behind(b, m.mark)
		if v == nil {
			continue
		}
		system = Found{Name: m.name, Version: v}
		frozen := m.name == Windows && string(v) == "10.0" || m.name == MacOS && (string(v) == "10_15_7" || string(v) == "10.15") || m.name == Android && string(v) == "10" && browser.Partial
		if frozen {
			system = Found{}
		}
		break
	}
	return browser, system
}

// behind is the version behind a mark: digits, dots and underscores.
func behind(b []byte, mark string) []byte {
	i := bytes.Index(b, []byte(mark))
	if i < 0 {
		return nil
	}
	b = b[i+len(mark):]
	n := 0
	for n < len(b) && n < maxVersion && (b[n] >= '0' && b[n] <= '9' || n > 0 && (b[n] == '.' || b[n] == '_')) {
		n++
	}
	b = bytes.TrimRight(b[:n], "._")
	if len(b) == 0 {
		return nil
	}
	return b
}
