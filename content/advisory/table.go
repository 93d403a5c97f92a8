package advisory

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// MaxTable of a table in bytes: 300 models of 20 advisories with their words.
	MaxTable = 4 << 20
	// maxRules of one table.
	maxRules = 200
)

// Columns of a table of advisories; the first row names those that it has, in any order. Rows of one id are the products of one
// advisory, its words are those of its first row.
var Columns = []string{"id", "date", "from", "until", "source", "maker", "stars", "remind", "title_ja", "title_en", "why_ja", "why_en", "do_ja", "do_en", "model", "program", "range", "fixed", "end"}

// ReadTable reads advisories from a table of comma separated values in UTF-8 (RFC 4180). All of them are in order, or the error
// names the row.
func ReadTable(r io.Reader) ([]Rule, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxTable+1))
	if err != nil || len(text) > MaxTable {
		return nil, fmt.Errorf("%w: table", ErrRule)
	}
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: row 1", ErrRule)
	}
	at := map[string]int{}
	for i, name := range head {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	var all []Rule
	known := map[string]int{}
	for n := 2; ; n++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(all) > maxRules {
			return nil, fmt.Errorf("%w: row %d", ErrRule, n)
		}
		cell := func(name string) string {
			if i, ok := at[name]; ok {
				return strings.TrimSpace(row[i])
			}
			return ""
		}
		id := cell("id")
		i, ok := known[id]
		if !ok {
			i = len(all)
			known[id] = i
			all = append(all, ruleOf(id, cell))
		}
		all[i].Products = append(all[i].Products, Product{Model: cell("model"), Program: strings.ToLower(cell("program")), Range: cell("range"), Fixed: cell("fixed"), End: cell("end") == "1" || strings.EqualFold(cell("end"), "yes")})
	}
	for i := range all {
		if err := all[i].Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].ID, err)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: row 2", ErrRule)
	}
	return all, nil
}

func ruleOf(id string, cell func(string) string) Rule {
	number := func(name string, usual int) int {
		if cell(name) == "" {
			return usual
		}
		n, err := strconv.Atoi(cell(name))
		if err != nil {
			return -1 // which no rule may have
		}
		return n
	}
	r := Rule{ID: id, Version: 1, Date: cell("date"), From: cell("from"), Until: cell("until"), Source: cell("source"), Maker: cell("maker"), Stars: number("stars", 2), Remind: number("remind", 7),
		TitleJa: cell("title_ja"), TitleEn: cell("title_en"), WhyJa: cell("why_ja"), WhyEn: cell("why_en"), DoJa: cell("do_ja"), DoEn: cell("do_en")}
	if r.From == "" {
		r.From = r.Date
	}
	return r
}
