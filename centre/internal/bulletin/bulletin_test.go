package bulletin

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"otasuke/internal/outward"
)

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", filepath.Base(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatSourcesSay(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v.UTC()
	}
	f := func(name, kind string, want ...Item) {
		t.Helper()
		got, err := Read(kind, recorded(t, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	f("jvn.rdf", KindJVN, Item{Key: "JVNDB-2026-000001", Title: "みほん電機の無線LANルーターに、認証なしで操作できる問題", URL: "https://jvndb.example/ja/contents/2026/JVNDB-2026-000001.html",
		Text: "みほん電機のルーター WR-100 の Ver.2.95 以前には、外から操作できる問題があります。\nCVSS 9.8 Critical\nみほん電機 WR-100", At: at("2026-11-21T15:30:00+09:00")})
	f("kev.json", KindKEV,
		Item{Key: "CVE-2026-20001", Title: "CVE-2026-20001 Mihon WR-100", URL: "https://www.cve.org/CVERecord?id=CVE-2026-20001", At: at("2026-11-20T00:00:00+09:00"),
			Text: "Mihon WR-100 Command Injection\nA router lets commands in.\nRequired action: Update, or disconnect it.\nDue: 2026-12-11\nUsed by ransomware: Known"},
		Item{Key: "CVE-2026-20002", Title: "CVE-2026-20002 Mihon NAS-2", URL: "https://www.cve.org/CVERecord?id=CVE-2026-20002", At: at("2026-11-19T00:00:00+09:00"), Text: "Used by ransomware: Unknown"})
	f("rss2.xml", KindRSS,
		Item{Key: "a-1", Title: "サポート詐欺にご注意 & 相談先", URL: "https://police.example/a/1", Text: "画面に電話番号が出ても、かけないでください。\n困ったら☎へ", At: at("2026-11-20T10:00:00+09:00")},
		Item{Key: "a-2", Title: "リンクが危ない"})
	f("atom.xml", KindRSS, Item{Key: "urn:m:7", Title: "Router update", URL: "https://maker.example/7", Text: "Version 3 is there.", At: at("2026-11-21T05:00:00Z")})
	f("sjis.xml", KindRSS, Item{Key: "http://police.example/m/1", Title: "迷惑メール情報", URL: "http://police.example/m/1", At: at("2026-11-18T00:00:00+09:00")})
}

func TestMalformedReplies(t *testing.T) {
	t.Parallel()
	f := func(name, kind, raw string, want error) {
		t.Helper()
		if _, err := Read(kind, []byte(raw)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	f("a page instead", KindRSS, "<!DOCTYPE html><html><body>maintenance</body></html>", ErrFormat)
	f("nothing", KindRSS, "", ErrFormat)
	f("cut", KindRSS, "<rss><channel><item><title>a</title><guid>1</guid></item>", ErrFormat)
	f("closed wrongly", KindRSS, "<rss><channel></rss></channel>", ErrFormat)
	f("a file by an entity (XXE)", KindRSS, `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title><guid>1</guid></item></channel></rss>`, ErrFormat)
	f("a billion laughs", KindRSS, `<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><rss><channel><item><title>&b;</title><guid>1</guid></item></channel></rss>`, ErrFormat)
	f("deep", KindRSS, "<rss>"+strings.Repeat("<a>", 100_000), ErrDeep)
	f("deep in an item", KindRSS, "<rss><item>"+strings.Repeat("<a>", 100_000), ErrDeep)
	f("unknown letters", KindRSS, `<?xml version="1.0" encoding="x-none"?><rss></rss>`, ErrFormat)
	f("MyJVN refuses", KindJVN, string(recorded(t, "refused.rdf")), ErrRefused)
	f("huge", KindKEV, strings.Repeat(" ", MaxReply+1), ErrLarge)
	f("JSON of something else", KindKEV, `{"a":1}`, ErrFormat)
	f("JSON deep", KindKEV, `{"vulnerabilities":`+strings.Repeat("[", 20_000), ErrFormat)
	f("a list where a text is", KindKEV, `{"vulnerabilities":[{"cveID":["CVE-1"]}]}`, ErrFormat)
	f("XML for JSON", KindKEV, "<rss/>", ErrFormat)
	f("unknown kind", "html", "", ErrFormat)
}

// What is too long is cut, what is too much is left out, and what cannot be seen goes.
func TestItemsAreBounded(t *testing.T) {
	t.Parallel()
	one := "<item><title>" + strings.Repeat("長", 10_000) + "\u202e</title><guid>G%</guid><description>" + strings.Repeat("文 ", 50_000) + "</description></item>"
	all, err := Read(KindRSS, []byte("<rss><channel>"+one+strings.Repeat("<item><title>a</title><guid>b</guid></item>", maxItems+10)+"</channel></rss>"))
	if err != nil || len(all) != maxItems {
		t.Fatalf("%d items, %v", len(all), err)
	}
	if n := utf8.RuneCountInString(all[0].Title); n != maxTitle || strings.ContainsRune(all[0].Title, '\u202e') {
		t.Errorf("title of %d", n)
	}
	if n := utf8.RuneCountInString(all[0].Text); n > maxText {
		t.Errorf("text of %d", n)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"jvn.rdf", "kev.json", "rss2.xml", "atom.xml", "sjis.xml", "refused.rdf"} {
		f.Add(recorded(f, name))
	}
	f.Add([]byte("<rss><item><title>&lt;script&gt;</title><guid>&#x202e;</guid></item></rss>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, kind := range Kinds {
			all, err := Read(kind, raw)
			if err != nil && len(all) > 0 {
				t.Fatal("items and an error")
			}
			for _, i := range all {
				if i.Key == "" || i.Title == "" || utf8.RuneCountInString(i.Title) > maxTitle || utf8.RuneCountInString(i.Text) > maxText || len(i.URL) > maxURL*3 || !utf8.ValidString(i.Title+i.Text+i.Key) || strings.ContainsAny(i.Title+i.Key, "\r\n\x00") ||
					i.URL != "" && !strings.HasPrefix(i.URL, "http://") && !strings.HasPrefix(i.URL, "https://") {
					t.Fatalf("%+v", i)
				}
			}
		}
	})
}

// A source that has nothing new is read once; one that moved, that answers with a page, or that never ends is told apart.
func TestFetch(t *testing.T) {
	t.Parallel()
	var asked []string
	h := http.NewServeMux()
	h.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("If-None-Match")+"|"+r.Header.Get("If-Modified-Since"))
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Fri, 20 Nov 2026 10:00:00 GMT")
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(recorded(t, "rss2.xml"))
	})
	h.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/feed", http.StatusMovedPermanently)
	})
	h.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	h.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	h.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for range MaxReply/1024 + 2 {
			_, _ = w.Write(make([]byte, 1024))
		}
	})
	server := httptest.NewServer(h)
	defer server.Close()
	c := NewClient(true)
	get := func(path string, last Known) (Reply, error) {
		return c.Fetch(t.Context(), &Source{Name: "a", Kind: KindRSS, URL: server.URL + path}, last)
	}
	r, err := get("/feed", Known{})
	if err != nil || len(r.Items) != 2 || r.Same {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err = get("/feed", r.Known); err != nil || !r.Same || len(r.Items) != 0 || r.ETag != `"v1"` {
		t.Fatalf("again: %+v, %v", r, err)
	}
	if d := cmp.Diff([]string{"|", `"v1"|Fri, 20 Nov 2026 10:00:00 GMT`}, asked); d != "" {
		t.Error(d)
	}
	if r, err = get("/moved", Known{}); err != nil || len(r.Items) != 2 {
		t.Errorf("moved: %v", err)
	}
	for path, want := range map[string]error{"/round": ErrAnswer, "/broken": ErrAnswer, "/endless": ErrLarge, "/nowhere": ErrAnswer} {
		if _, err = get(path, Known{}); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := NewClient(false).Fetch(t.Context(), &Source{Kind: KindRSS, URL: server.URL + "/feed"}, Known{}); !errors.Is(err, outward.ErrPrivate) {
		t.Errorf("into this machine: %v", err)
	}
}

func TestSourcesAreChecked(t *testing.T) {
	t.Parallel()
	good := Source{Name: "kev", Kind: KindKEV, URL: "https://www.cisa.example/kev.json"}
	if err := Check([]Source{good, {Name: "jvn", Kind: KindJVN, URL: "https://jvndb.example/", Every: time.Hour}}); err != nil {
		t.Error(err)
	}
	f := func(name string, change func(*Source)) {
		t.Helper()
		s := good
		change(&s)
		if err := Check([]Source{s}); !errors.Is(err, ErrSource) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("no name", func(s *Source) { s.Name = "" })
	f("a name with a space", func(s *Source) { s.Name = "a b" })
	f("kind", func(s *Source) { s.Kind = "html" })
	f("a file", func(s *Source) { s.URL = "file:///etc/passwd" })
	f("a password", func(s *Source) { s.URL = "https://a:b@x.example/" })
	f("too often", func(s *Source) { s.Every = time.Second })
	if err := Check([]Source{good, good}); !errors.Is(err, ErrSource) {
		t.Errorf("twice: %v", err)
	}
}
