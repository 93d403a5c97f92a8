package advisory

import (
	"errors"
	"strings"
	"testing"
)

const table = "\ufeffid,date,source,maker,title_ja,title_en,why_ja,why_en,do_ja,do_en,model,range,fixed\n" +
	`own-1,2026-11-20,https://maker.example/1,IODATA,題,Title,わけ,Why,"一つ
二つ","one
two",HDL-AA2,Ver.1.08以前,1.09` + "\nown-1,,,,,,,,,,HDL-AA4,１．０８ 未満,\n"

func TestTable(t *testing.T) {
	t.Parallel()
	all, err := ReadTable(strings.NewReader(table))
	if err != nil || len(all) != 1 || len(all[0].Products) != 2 || all[0].From != "2026-11-20" || all[0].Stars != 2 || len(all[0].Do("ja")) != 2 || all[0].Products[0].Fixed != "1.09" {
		t.Errorf("%+v, %v", all, err)
	}
	for name, s := range map[string]string{
		"empty": "", "no rows": "id,date\n", "too few cells": "id,date\nx\n", "a quote": "id,date\n\"x,y\n", "no range": strings.Replace(table, "Ver.1.08以前", "古いの", 1), "number": strings.Replace(table, "id,date", "stars,date", 1),
		"script as source": strings.Replace(table, "https://maker.example/1", "javascript:x", 1), "too long": strings.Repeat("x", MaxTable+1),
	} {
		if all, err := ReadTable(strings.NewReader(s)); !errors.Is(err, ErrRule) {
			t.Errorf("%s: %+v, %v", name, all, err)
		}
	}
}

func FuzzTable(f *testing.F) {
	f.Add(table)
	f.Fuzz(func(t *testing.T, s string) {
		all, err := ReadTable(strings.NewReader(s))
		for i := range all {
			if err == nil && all[i].Check() != nil {
				t.Errorf("%+v", all[i])
			}
		}
	})
}
