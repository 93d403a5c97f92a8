package versions

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"strings"
)

const (
	// maxDescription of a UPnP device in bytes: real ones have under 8 KiB, and what matters stands first.
	maxDescription = 8 << 10
	// maxTokens of one: real ones have under 300.
	maxTokens = 600
	// maxModel of a model's name in bytes.
	maxModel = 64
)

// Thing is what a device says of itself.
type Thing struct{ Maker, Model, Version string }

// Empty tells that nothing was said.
func (t Thing) Empty() bool { return t == Thing{} }

// product is a model with a version: "WHR-1166DHP2 Ver.2.95", "R7000/1.0.0.10", "TS-X51/4.5.4 (QTS)".
var product = regexp.MustCompile(`(?i)\b([a-z]{1,8}[a-z0-9]*(?:-[a-z0-9]+)*(?:/[a-z]{1,2})?)(?:/|[ _]+(?:firmware[ _]*)?(?:ver(?:sion)?[. ]*|v|f/w[ .]*)|[ _]+firmware[ _]+)\.?([0-9][0-9a-z._-]{0,30})`)

// parts are programs that stand in SERVER lines of many makers and say nothing of the device's own version.
var parts = regexp.MustCompile(`(?i)^(?:linux|unix|posix|upnp|dlna|dlnadoc|http|miniupnpd|minidlna|portable|sdk|intel|ipos|os|debian|ubuntu|openwrt|lede|vxworks|ecos|httpd|apache|nginx|lighttpd|thttpd|goahead|mini_httpd|micro_httpd|boa|rompager|gsoap|php|openssl|mod_ssl|windows|microsoft-windows|microsoft-iis|microsoft-httpapi|darwin|java|python|chrome|google|samba|net|dsm|libupnp|server|ver|version|rev|firmware)$`)

// Product reads a line in which a device names itself with a version, and passes over the programs of others.
func Product(line string) (t Thing) {
	for _, m := range product.FindAllStringSubmatch(line, 8) {
		// A model has a digit in its name; words that have none are programs and sentences.
		if !parts.MatchString(m[1]) && strings.ContainsAny(m[1], "0123456789") && len(m[1]) <= maxModel {
			return Thing{Model: m[1], Version: strings.TrimRight(m[2], "._-")}
		}
	}
	return t
}

var title = regexp.MustCompile(`(?is)<title[^>]{0,80}>\s*([^<]{1,120}?)\s*</title`)

// model is a name as makers give it: letters, a digit, mostly a dash.
var model = regexp.MustCompile(`\b[A-Z]{1,6}[A-Z0-9]*-[A-Z0-9]*[0-9][A-Z0-9]*(?:-[A-Z0-9]+)*(?:/[A-Z])?\b`)

// Page reads what a page or a description of a device says: a description of UPnP (Device Architecture 2.0 section 2.3), or a
// title with a model in it.
func Page(b []byte) Thing {
	b = b[:min(len(b), maxDescription)]
	if bytes.Contains(b, []byte("urn:schemas-upnp-org:device")) {
		return description(b)
	}
	m := title.FindSubmatch(b)
	if m == nil {
		return Thing{}
	}
	if t := Product(string(m[1])); !t.Empty() {
		return t
	}
	return Thing{Model: string(model.Find(m[1]))}
}

func description(b []byte) (t Thing) {
	d := xml.NewDecoder(bytes.NewReader(b))
	in, text, number := "", "", ""
	for range maxTokens {
		token, err := d.RawToken()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			in, text = strings.ToLower(token.Name.Local), ""
			if in == "servicelist" || in == "devicelist" {
				return finish(t, number) // what follows is of its parts
			}
		case xml.CharData:
			text = strings.TrimSpace(string(token))
		case xml.EndElement: // what was cut off in the middle says nothing
			s := text
			if text = ""; s == "" || len(s) > maxModel {
				continue
			}
			switch in {
			case "manufacturer":
				t.Maker = s
			case "modelname":
				t.Model = s
			case "modelnumber":
				number = s
			case "firmwareversion", "softwareversion", "swversion":
				t.Version = s
			}
		}
	}
	return finish(t, number)
}

var version = regexp.MustCompile(`(?i)^(?:ver(?:sion)?[. ]*|v|f/?w[ .:]*)?\s*([0-9]+(?:[._-][0-9a-z]+)+)$`)

// finish decides what a number of the model is: some makers write the model there, others the version of the firmware.
func finish(t Thing, number string) Thing {
	if p := Product(t.Model); !p.Empty() {
		t.Model = p.Model
		if t.Version == "" {
			t.Version = p.Version
		}
	}
	if m := version.FindStringSubmatch(number); m != nil {
		if t.Version == "" {
			t.Version = m[1]
		}
	} else if model.MatchString(number) && !model.MatchString(t.Model) {
		t.Model = number
	}
	return t
}
