package wire_test

import (
	"encoding/json"
	"strings"
	"testing"

	"otasuke/wire"
)

func TestPairResponse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*wire.PairResponse)
		ok     bool
	}{
		"whole":            {func(*wire.PairResponse) {}, true},
		"no code":          {func(p *wire.PairResponse) { p.Code = "" }, false},
		"a code of markup": {func(p *wire.PairResponse) { p.Code = "<b>" }, false},
		"a long code":      {func(p *wire.PairResponse) { p.Code = strings.Repeat("B", 17) }, false},
		"no token":         {func(p *wire.PairResponse) { p.Token = "" }, false},
		"a long token":     {func(p *wire.PairResponse) { p.Token = strings.Repeat("x", 129) }, false},
		"over at once":     {func(p *wire.PairResponse) { p.Expires = 0 }, false},
		"for ever":         {func(p *wire.PairResponse) { p.Expires = 1 << 30 }, false},
		"without a pause":  {func(p *wire.PairResponse) { p.Every = 0 }, false},
		"hardly ever":      {func(p *wire.PairResponse) { p.Every = 61 }, false},
		"a long site":      {func(p *wire.PairResponse) { p.Site = strings.Repeat("x", wire.MaxText+1) }, false},
	} {
		p := &wire.PairResponse{Version: 1, Code: "BCDF-GHJK", Token: "t", Expires: 900, Every: 2, Site: "https://portal.example"}
		c.change(p)
		if err := p.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	long := strings.Repeat("x", wire.MaxCSR+1)
	for name, c := range map[string]interface{ Check() error }{"request": &wire.PairRequest{CSR: long}, "model": &wire.PairRequest{Model: long}, "poll": &wire.PairPoll{Token: "t", CSR: long}, "no token": &wire.PairPoll{}} {
		if c.Check() == nil {
			t.Errorf("%s passed", name)
		}
	}
	if a, b := wire.KeyNumber([]byte("a")), wire.KeyNumber([]byte("b")); a == b || len(a) != 7 || a[3] != ' ' {
		t.Errorf("%q %q", a, b)
	}
}

func FuzzPair(f *testing.F) {
	f.Add([]byte(`{"version":1,"code":"BCDF-GHJK","token":"t","expires":900,"every":2}`))
	f.Add([]byte(`{"version":1,"token":"t","csr":""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p wire.PairResponse
		if json.Unmarshal(text, &p) == nil && p.Check() == nil && (strings.ContainsAny(p.Code, "<>&\"'") || p.Every < 1) {
			t.Errorf("%+v passed", p)
		}
		var q wire.PairRequest
		var l wire.PairPoll
		if json.Unmarshal(text, &q) == nil && q.Check() == nil && len(q.CSR) > wire.MaxCSR || json.Unmarshal(text, &l) == nil && l.Check() == nil && l.Token == "" {
			t.Error("too much passed")
		}
	})
}
