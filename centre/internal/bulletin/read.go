package bulletin

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"otasuke/internal/ja"
)

// Kinds of sources.
const (
	KindRSS = "rss" // RSS 2.0, RSS 1.0 (RDF) and Atom (RFC 4287)
	KindJVN = "jvn" // the same with JVNRSS 3 or an answer of MyJVN getVulnOverviewList
	KindKEV = "kev" // CISA's known exploited vulnerabilities, JSON
)

// Kinds are all of them.
var Kinds = []string{KindRSS, KindJVN, KindKEV}

// Limits of one reply.
const (
	// MaxReply in bytes: the largest in use, the catalogue of CISA, has 1.5 MB.
	MaxReply = 16 << 20
	// maxItems of a reply; the catalogue of CISA grows by 250 a year and has 1,800.
	maxItems = 10_000
	// maxDepth of elements: real feeds have under ten.
	maxDepth = 64
	// maxTitle and maxText in characters: a draft is read by a person, who has the link.
	maxTitle = 200
	maxText  = 2_000
	// maxKey and maxURL in bytes.
	maxKey = 500
	maxURL = 2_000
)

// Errors of a reply.
var (
	ErrFormat = errors.New("bulletin: not what this kind of source sends")
	ErrLarge  = errors.New("bulletin: too large")
	ErrDeep   = errors.New("bulletin: nested too deeply")
	// ErrRefused: MyJVN answers with an error of its own.
	ErrRefused = errors.New("bulletin: the source refuses")
)

// Item is one announcement.
type Item struct {
	Key   string // by which the source knows it
	Title string
	URL   string    // "" when it has none that can be opened
	Text  string    // plain
	At    time.Time // zero when the source does not say
}

// Read takes a reply apart. Items without a title or a key are left out.
func Read(kind string, raw []byte) ([]Item, error) {
	if len(raw) > MaxReply {
		return nil, ErrLarge
	}
	switch kind {
	case KindKEV:
		return catalogue(raw)
	case KindRSS, KindJVN:
		return feed(raw)
	}
	return nil, fmt.Errorf("%w: kind %q", ErrFormat, kind)
}

// catalogue reads CISA's list; names of fields as its schema of 2021 has them.
func catalogue(raw []byte) (all []Item, err error) {
	var c struct {
		Vulnerabilities []struct {
			CVE         string `json:"cveID"`
			Vendor      string `json:"vendorProject"`
			Product     string `json:"product"`
			Name        string `json:"vulnerabilityName"`
			Added       string `json:"dateAdded"`
			Description string `json:"shortDescription"`
			Action      string `json:"requiredAction"`
			Due         string `json:"dueDate"`
			Ransomware  string `json:"knownRansomwareCampaignUse"`
		} `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if c.Vulnerabilities == nil {
		return nil, fmt.Errorf("%w: no vulnerabilities", ErrFormat)
	}
	for _, v := range c.Vulnerabilities[:min(len(c.Vulnerabilities), maxItems)] {
		i := Item{Key: v.CVE, Title: v.CVE + " " + v.Vendor + " " + v.Product, At: when(v.Added)}
		if strings.HasPrefix(v.CVE, "CVE-") {
			i.URL = "https://www.cve.org/CVERecord?id=" + url.QueryEscape(v.CVE)
		}
		for _, line := range []struct{ label, value string }{{"", v.Name}, {"", v.Description}, {"Required action: ", v.Action}, {"Due: ", v.Due}, {"Used by ransomware: ", v.Ransomware}} {
			if line.value != "" {
				i.Text += line.label + line.value + "\n"
			}
		}
		all = keep(all, i)
	}
	return all, nil
}

// roots are the outermost elements of what is read.
var roots = map[string]bool{"rss": true, "RDF": true, "feed": true, "Result": true}

// feed reads XML as a stream of tokens. Entities that a document defines itself are unknown to the decoder, and a reference to one
// ends it; nothing is ever fetched.
func feed(raw []byte) (all []Item, err error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) { return charset.NewReaderLabel(label, in) }
	d.Entity = xml.HTMLEntity // one character each
	var item *entry
	depth, root := 0, false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && root && depth == 0 {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, ErrDeep
			}
			switch {
			case depth == 1 && !roots[x.Name.Local]:
				return nil, fmt.Errorf("%w: it begins with <%s>", ErrFormat, x.Name.Local)
			case depth == 1:
				root = true
			case item != nil:
				item.open(&x, depth)
			case x.Name.Local == "item", x.Name.Local == "entry":
				item = &entry{depth: depth}
				item.about = attr(&x, "about")
			case x.Name.Local == "Status" && attr(&x, "retCd") != "" && attr(&x, "retCd") != "0":
				return nil, fmt.Errorf("%w: %s", ErrRefused, line(attr(&x, "errMsg"), maxTitle))
			}
		case xml.EndElement:
			if item != nil && depth == item.depth {
				if all = keep(all, item.item()); len(all) >= maxItems {
					return all, nil
				}
				item = nil
			} else if item != nil {
				item.close(depth)
			}
			if depth--; depth < 0 {
				return nil, fmt.Errorf("%w: closed too often", ErrFormat)
			}
		case xml.CharData:
			if item != nil {
				item.text(string(x))
			}
		}
	}
}

// entry is an item while it is read.
type entry struct {
	depth       int
	about, link string
	field       string // that is open
	fieldDepth  int
	values      map[string]*strings.Builder
	severity    string
	products    []string
}

// fields by the names that elements have without their prefix; the first of a list that is there counts.
var fields = map[string]bool{"title": true, "link": true, "guid": true, "id": true, "identifier": true, "description": true, "summary": true, "content": true, "encoded": true, "pubDate": true, "date": true, "modified": true, "updated": true, "published": true, "issued": true}

func (e *entry) open(x *xml.StartElement, depth int) {
	name := x.Name.Local
	switch {
	case e.field != "": // markup inside a text
		e.text(" ")
		return
	case name == "link" && attr(x, "href") != "": // Atom: RFC 4287 §4.2.7
		if rel := attr(x, "rel"); e.link == "" || rel == "" || rel == "alternate" {
			e.link = attr(x, "href")
		}
	case name == "cvss":
		if e.severity == "" {
			e.severity = strings.TrimSpace("CVSS " + attr(x, "score") + " " + attr(x, "severity"))
		}
	case name == "cpe" || name == "cpe-item":
		if p := strings.TrimSpace(attr(x, "vendor") + " " + attr(x, "product")); p != "" && len(e.products) < 20 {
			e.products = append(e.products, p)
		}
	}
	// Only what lies directly in the item: an entry of Atom has a source with a title of its own.
	if depth == e.depth+1 && fields[name] {
		if e.values == nil {
			e.values = map[string]*strings.Builder{}
		}
		if e.values[name] == nil {
			e.values[name] = &strings.Builder{}
			e.field, e.fieldDepth = name, depth
		}
	}
}

func (e *entry) close(depth int) {
	if e.field != "" && depth == e.fieldDepth {
		e.field = ""
	}
}

// maxRaw is how much of a field is kept before its markup goes, in bytes.
const maxRaw = 64 << 10

func (e *entry) text(s string) {
	if e.field == "" {
		return
	}
	if b := e.values[e.field]; b.Len()+len(s) <= maxRaw {
		b.WriteString(s)
	} else {
		b.WriteString(s[:max(0, maxRaw-b.Len())])
	}
}

func (e *entry) first(names ...string) string {
	for _, n := range names {
		if b := e.values[n]; b != nil {
			if s := strings.TrimSpace(b.String()); s != "" {
				return s
			}
		}
	}
	return ""
}

func (e *entry) item() Item {
	i := Item{Title: plain(e.first("title"), false), URL: e.link, Text: plain(e.first("description", "summary", "content", "encoded"), true)}
	if l := e.first("link"); l != "" {
		i.URL = l
	}
	i.Key = e.first("identifier", "guid", "id")
	for _, other := range []string{e.about, i.URL} {
		if i.Key == "" {
			i.Key = other
		}
	}
	for _, day := range []string{e.first("modified"), e.first("updated"), e.first("date"), e.first("pubDate"), e.first("published"), e.first("issued")} {
		if i.At.IsZero() {
			i.At = when(day)
		}
	}
	for _, more := range append([]string{e.severity}, e.products...) {
		if more != "" && more != "CVSS" {
			i.Text += "\n" + more
		}
	}
	return i
}

func attr(x *xml.StartElement, name string) string {
	for _, a := range x.Attr {
		if a.Name.Local == name {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// keep adds an item that can be told from others and has a name.
func keep(all []Item, i Item) []Item {
	i.Key, i.Title, i.Text = line(i.Key, maxKey), line(i.Title, maxTitle), lines(i.Text, maxText)
	if u, err := url.Parse(strings.TrimSpace(i.URL)); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(i.URL) > maxURL {
		i.URL = ""
	} else {
		i.URL = u.String()
	}
	if i.Key == "" || i.Title == "" || len(i.Key) > maxKey {
		return all
	}
	return append(all, i)
}

// layouts of times in feeds; zones by name are read as no offset by time.Parse, and nothing here is decided by an hour.
var layouts = []string{time.RFC3339, time.RFC1123Z, time.RFC1123, "Mon, 2 Jan 2006 15:04:05 -0700", "Mon, 2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05"}

// when reads a time; zero when it is none, or of another century.
func when(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			return sane(t)
		}
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, ja.Zone); err == nil {
		return sane(t)
	}
	return time.Time{}
}

func sane(t time.Time) time.Time {
	if t.Year() < 1990 || t.Year() > 2200 {
		return time.Time{}
	}
	return t.UTC()
}

// plain is a text without its markup; blocks are lines of their own when several may be.
func plain(s string, several bool) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	skip := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				skip++
			case "p", "br", "li", "div", "tr", "h1", "h2", "h3":
				b.WriteString(map[bool]string{true: "\n", false: " "}[several])
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); skip > 0 && (string(name) == "script" || string(name) == "style") {
				skip--
			}
		}
	}
}

// line is a text on one line, without what cannot be seen or turns the direction of writing, of at most limit characters.
func line(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit-1]) + "…"
	}
	return s
}

// lines is the same for several.
func lines(s string, limit int) string {
	var all []string
	for l := range strings.SplitSeq(s, "\n") {
		if l = line(l, limit); l != "" {
			all = append(all, l)
		}
	}
	s = strings.Join(all, "\n")
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit-1]) + "…"
	}
	return s
}
