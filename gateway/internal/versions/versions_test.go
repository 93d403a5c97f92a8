package versions

import (
	"strings"
	"testing"
)

// How browsers call themselves, as they do today.
func TestAgent(t *testing.T) {
	for _, c := range []struct{ agent, browser, version, system, release string }{
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36", Chrome, "128…", "", ""},
		{"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.110 Safari/537.36", Chrome, "96.0.4664.110", Windows, "6.1"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36 Edg/127.0.2651.98", Edge, "127.0.2651.98", "", ""},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36 OPR/113.0.0.0", "", "", "", ""},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:129.0) Gecko/20100101 Firefox/129.0", Firefox, "129.0", "", ""},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36", Chrome, "128…", "", ""},
		{"Dalvik/2.1.0 (Linux; U; Android 13; SO-51B Build/61.2.A.0.1)", "", "", Android, "13"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", Safari, "17.5", IOS, "17_5_1"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15", Safari, "17.6", "", ""},
		{"Microsoft-CryptoAPI/10.0", "", "", "", ""}, {"", "", "", "", ""}, {"Chrome/", "", "", "", ""}, {"Chrome/..", "", "", "", ""},
	} {
		b, s := Agent([]byte(c.agent))
		version := string(b.Version)
		if b.Partial {
			version += "…"
		}
		if b.Name != c.browser || version != c.version || s.Name != c.system || string(s.Version) != c.release {
			t.Errorf("%q: %q %q, %q %q", c.agent, b.Name, version, s.Name, s.Version)
		}
	}
	agent := []byte("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36")
	if n := testing.AllocsPerRun(100, func() { Agent(agent) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestProduct(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Thing{
		"Linux/2.6.36 UPnP/1.0 WHR-1166DHP2/2.95":              {Model: "WHR-1166DHP2", Version: "2.95"},
		"BUFFALO WEX-300HPTX/N Ver.1.02":                       {Model: "WEX-300HPTX/N", Version: "1.02"},
		"NETGEAR Firmware R7000/V1.0.0.10, UPnP/1.0":           {},
		"R7000/1.0.0.10 UPnP/1.0":                              {Model: "R7000", Version: "1.0.0.10"},
		"TL-WR842N/8.0":                                        {Model: "TL-WR842N", Version: "8.0"},
		"Linux/3.10 UPnP/1.1 MiniUPnPd/2.1":                    {},
		"Debian/11 UPnP/1.0 MiniDLNA/1.3.0":                    {},
		"Microsoft-Windows/10.0 UPnP/1.0 UPnP-Device-Host/1.0": {},
		"LS510D firmware 1.74":                                 {Model: "LS510D", Version: "1.74"},
		"":                                                     {},
		strings.Repeat("A1/", 400):                             {},
	} {
		if got := Product(line); got != want {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

const upnp = `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
<friendlyName>AirStation</friendlyName><manufacturer>BUFFALO INC.</manufacturer><modelName>%MODEL%</modelName><modelNumber>%NUMBER%</modelNumber>
<serviceList><service><modelName>none</modelName></service></serviceList></device></root>`

func TestPage(t *testing.T) {
	t.Parallel()
	fill := func(m, n string) string { return strings.NewReplacer("%MODEL%", m, "%NUMBER%", n).Replace(upnp) }
	for name, c := range map[string]struct {
		page string
		want Thing
	}{
		"version as number": {fill("WHR-1166DHP2", "Ver.2.95"), Thing{"BUFFALO INC.", "WHR-1166DHP2", "2.95"}},
		"both in the name":  {fill("WSR-600DHP Ver.2.93", "1"), Thing{"BUFFALO INC.", "WSR-600DHP", "2.93"}},
		"model as number":   {fill("Wireless Router", "WEX-733DHP2"), Thing{"BUFFALO INC.", "WEX-733DHP2", ""}},
		"cut off":           {strings.SplitAfter(fill("WHR-300HP2", "2.51"), "2.5")[0], Thing{"BUFFALO INC.", "WHR-300HP2", ""}},
		"no XML":            {"urn:schemas-upnp-org:device <<<&&", Thing{}},
		"title":             {"<html><head><title>WMR-300 (Version 2.50)</title>", Thing{Model: "WMR-300"}},
		"title with both":   {"<title> BUFFALO WHR-600D Ver.2.91 </title>", Thing{Model: "WHR-600D", Version: "2.91"}},
		"other title":       {"<title>ようこそ</title>", Thing{}},
		"nothing":           {"", Thing{}},
	} {
		if got := Page([]byte(c.page)); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzVersions(f *testing.F) {
	f.Add([]byte(upnp))
	f.Add([]byte("<title>WHR-600D Ver.2.91</title>"))
	f.Add([]byte("Linux/2.6 UPnP/1.0 R7000/1.0.0.10 Chrome/128.0.0.0"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, y := Agent(b)
		p := Product(string(b[:min(len(b), 200)]))
		for _, s := range []string{string(x.Version), string(y.Version), p.Version} {
			if len(s) > maxVersion {
				t.Errorf("%q", s)
			}
		}
		if g := Page(b); len(g.Model) > 2*maxModel || len(g.Version) > maxModel {
			t.Errorf("%+v", g)
		}
	})
}
