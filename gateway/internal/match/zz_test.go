package match

import (
	"fmt"
	"os"
	"testing"
	"time"
	"math/rand/v2"

	"otasuke/rule/parse"
	"otasuke/rule"
	"otasuke/gateway/internal/match/literal"
)

func pageZ(n int) []byte {
	words := []string{"the ", "office ", "<div class=\"row\">", "</div>\n", "<a href=\"/page/", "product ", "invoice ", "function(){return ", "script ", "width:100%;", "2026 ", "information ", "https://example.jp/", "<td>", "</td>"}
	var b []byte
	r := rand.New(rand.NewPCG(1, 2))
	for len(b) < n {
		b = append(b, words[r.IntN(len(words))]...)
	}
	return b[:n]
}

func TestZZ(t *testing.T) {
	text, _ := os.ReadFile("/tmp/et.rules")
	var rules []*rule.Rule
	rules, _ = parse.Rules("x", text, parse.Options{})
	s, _, err := Compile(rules, Options{})
	if err != nil { t.Fatal(err) }
	lit, _ := literal.NewScratch(s.dbs...)
	for _, sz := range []int{12288, 1500} {
	p   := pageZ(sz)
	for v := range s.variants {
		for d, g := range s.variants[v].groups {
			if g == nil { continue }
			b := s.variants[v].buf
			if b != rule.FileData && b != rule.HTTPResponseBody && b != rule.BufStream && b != rule.BufPayload && b != rule.HTTPRequestBody { continue }
			best := time.Hour
			found := 0
			for range 200 {
				t0 := time.Now()
				for range 10 { found = len(lit.Scan(g.db, p)) }
				best = min(best, time.Since(t0)/10)
			}
			fmt.Println(sz, b, d, "patterns", len(g.from)-1, "rules", len(g.rules), best, float64(sz)/float64(best.Nanoseconds()), "GB/s found", found, g.db.Size()>>10, "KiB")
		}
	}
	}
}
