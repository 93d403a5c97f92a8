package zengin

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() *File {
	return &File{Header: Header{Consignor: "1234567890", Name: "ﾐﾅﾄｼﾖｳｺｳｶｲｷﾞｼﾖ", Day: "1227", Account: Account{Bank: "0001", BankName: "ﾐｽﾞﾎ", Branch: "001", BranchName: "ﾄｳｷﾖｳ", Kind: Ordinary, Number: "1234567"}},
		Data: []Data{
			{Account: Account{Bank: "0005", BankName: "ﾐﾂﾋﾞｼUFJ", Branch: "123", BranchName: "ｵｵｻｶ", Kind: Current, Number: "0000001"}, Holder: "ｶ)ｻﾄｳｾｲｻｸｼﾖ", Yen: 6600, First: true, Customer: "00000000000000000001", Result: Asked},
			{Account: Account{Bank: "0009", Branch: "045", Kind: Ordinary, Number: "7654321"}, Holder: "ﾀﾅｶ ﾊﾅｺ", Yen: 24750, Customer: "00000000000000000002", Result: Asked},
		}}
}

func written(t testing.TB, f *File, lines bool) []byte {
	t.Helper()
	raw, err := Encode(f, lines)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// The bytes as the format's table has them, counted by hand.
func TestBytes(t *testing.T) {
	t.Parallel()
	raw := written(t, sample(), true)
	var records []string
	for line := range bytes.SplitSeq(bytes.TrimSuffix(raw, []byte("\r\n")), []byte("\r\n")) {
		records = append(records, string(line))
		if len(line) != Size {
			t.Errorf("%d bytes", len(line))
		}
	}
	if len(records) != 5 {
		t.Fatalf("%d records", len(records))
	}
	minato := string([]byte{0xd0, 0xc5, 0xc4}) // ﾐﾅﾄ in JIS X 0201
	for i, want := range []string{
		"19101234567890" + minato, "20005", "20009" + strings.Repeat(" ", 15) + "045" + strings.Repeat(" ", 15) + "    17654321",
		"8000002000000031350" + strings.Repeat("0", 36) + strings.Repeat(" ", 65), "9" + strings.Repeat(" ", 119),
	} {
		if !strings.HasPrefix(records[i], want) {
			t.Errorf("record %d: %q, want %q", i+1, records[i], want)
		}
	}
	if got := records[0][54:58] + "|" + records[0][58:62] + "|" + records[0][95:103]; got != "1227|0001|11234567" {
		t.Errorf("header: %q", got)
	}
	if got := records[1][80:112]; got != "0000006600"+"1"+"00000000000000000001"+"0" {
		t.Errorf("data: %q", got)
	}
}

func TestThereAndBack(t *testing.T) {
	t.Parallel()
	out := sample()
	for _, lines := range []bool{false, true} {
		got, err := Decode(written(t, out, lines))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(out, got); d != "" {
			t.Error(d)
		}
	}
	back := sample()
	back.Back, back.Data[1].Result = true, Short
	raw := written(t, back, false)
	for name, one := range map[string][]byte{"as it is": raw, "end mark": append(bytes.Clone(raw), 0x1a), "line ends": written(t, back, true), "line feeds": bytes.ReplaceAll(written(t, back, true), []byte("\r\n"), []byte("\n"))} {
		got, err := Decode(one)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(back, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if got := string(raw[3*Size : 3*Size+55]); got != "8"+"000002000000031350"+"000001000000006600"+"000001000000024750" {
		t.Errorf("trailer %q", got)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	back := sample()
	back.Back, back.Data[1].Result = true, Else
	raw := written(t, back, false)
	record := func(i int) []byte { return raw[i*Size : (i+1)*Size] }
	join := func(all ...[]byte) []byte { return bytes.Join(all, nil) }
	at := func(i int, s string) []byte { b := bytes.Clone(raw); copy(b[i:], s); return b }
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":              {nil, ErrOrder},
		"line ends only":       {[]byte("\r\n\r\n"), ErrOrder},
		"one byte short":       {raw[:len(raw)-1], ErrRecord},
		"one byte more":        {append(bytes.Clone(raw), '9'), ErrRecord},
		"a record cut":         {join(record(0)[:119], []byte("\r\n"), record(1), record(2), record(3), record(4)), ErrRecord},
		"no header":            {raw[Size:], ErrOrder},
		"two headers":          {join(record(0), raw), ErrOrder},
		"no end":               {raw[:4*Size], ErrOrder},
		"no trailer":           {join(raw[:3*Size], record(4)), ErrOrder},
		"data after it":        {join(raw[:4*Size], record(1), record(4)), ErrOrder},
		"after the end":        {join(raw, record(1)), ErrOrder},
		"a record missing":     {join(record(0), record(1), record(3), record(4)), ErrSums},
		"a record twice":       {join(record(0), record(1), record(1), record(2), record(3), record(4)), ErrSums},
		"another amount":       {at(Size+80, "0000006601"), ErrSums},
		"another result":       {at(Size+111, "1"), ErrSums},
		"a sum moved":          {at(3*Size+19, "000002"), ErrSums},
		"transfers out (21)":   {at(1, "21"), ErrRecord},
		"EBCDIC":               {at(3, "1"), ErrRecord},
		"letters in a count":   {at(3*Size+1, "00000A"), ErrRecord},
		"a blank in an amount": {at(Size+80, " "), ErrRecord},
		"no such result":       {at(Size+111, "5"), ErrRecord},
		"no such new code":     {at(Size+90, "7"), ErrRecord},
		"a small kana":         {at(Size+50, "\xa7"), ErrRecord},
		"a small letter":       {at(Size+50, "a"), ErrRecord},
		"UTF-8":                {at(Size+50, "佐"), ErrRecord},
		"zero byte":            {at(Size+50, "\x00"), ErrRecord},
		"kind of record":       {at(Size, "3"), ErrOrder},
	} {
		if f, err := Decode(c.raw); !errors.Is(err, c.want) || f != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*File){
		"consignor of nine":   func(f *File) { f.Header.Consignor = "123456789" },
		"bank in words":       func(f *File) { f.Data[0].Account.Bank = "ﾐｽﾞﾎ" },
		"a holder too long":   func(f *File) { f.Data[0].Holder = strings.Repeat("ｱ", 31) },
		"a full-width holder": func(f *File) { f.Data[0].Holder = "サトウ" },
		"a small kana":        func(f *File) { f.Data[0].Holder = "ｯ" },
		"too much":            func(f *File) { f.Data[0].Yen = 10_000_000_000 },
		"less than nothing":   func(f *File) { f.Data[0].Yen = -1 },
		"no result":           func(f *File) { f.Data[0].Result = "" },
		"a line feed":         func(f *File) { f.Data[0].Customer = "1\n2" },
	} {
		f := sample()
		change(f)
		if _, err := Encode(f, false); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKana(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"カ）サトウセイサクショ": "ｶ)ｻﾄｳｾｲｻｸｼﾖ", "ガギグパピプヴ": "ｶﾞｷﾞｸﾞﾊﾟﾋﾟﾌﾟｳﾞ", "ｶﾌﾞｼｷｶﾞｲｼｬ": "ｶﾌﾞｼｷｶﾞｲｼﾔ", "さとう　はなこ": "ｻﾄｳ ﾊﾅｺ", "データー": "ﾃﾞ-ﾀ-", "abcＡＢＣ123": "ABCABC123",
		"ァィゥェォャュョッヮヵヶ": "ｱｲｳｴｵﾔﾕﾖﾂﾜｶｹ", "イ・ロ": "ｲ.ﾛ", "「ア」": "｢ｱ｣", "ヲ": "ｦ", " ア  イ ": "ｱ ｲ", "A-1/2,(カ.": "A-1/2,(ｶ.",
	} {
		got, err := Kana(in, 30)
		if err != nil || strings.NewReplacer("「", "｢", "」", "｣").Replace(got) != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "  ", "佐藤", "a\x00", "ア＆イ", "ヰ", strings.Repeat("ガ", 16), strings.Repeat("x", 1<<20)} {
		if got, err := Kana(in, 30); !errors.Is(err, ErrKana) {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

// Whatever comes: no panic, and what is read is written again with the same records.
func FuzzDecode(f *testing.F) {
	back := sample()
	back.Back, back.Data[0].Result = true, NoForm
	for _, raw := range [][]byte{written(f, sample(), true), written(f, back, false), {}, []byte("1910"), bytes.Repeat([]byte("9"), Size)} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		one, err := Decode(raw)
		if err != nil {
			return
		}
		out, err := Encode(one, false)
		if err != nil {
			t.Fatalf("read and not written: %v", err)
		}
		again, err := Decode(out)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(one, again); d != "" {
			t.Error(d)
		}
	})
}

// What Kana gives is its own normal form, and can be written.
func FuzzKana(f *testing.F) {
	for _, s := range []string{"ガ", "ｶﾞ", "ー", "\u3099", "￥", "「"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := Kana(s, HolderName)
		if err != nil {
			return
		}
		if again, err := Kana(once, HolderName); err != nil || again != once {
			t.Errorf("%q gives %q, which gives %q, %v", s, once, again, err)
		}
		one := sample()
		one.Data[0].Holder = once
		if _, err := Encode(one, false); err != nil {
			t.Errorf("%q: %v", once, err)
		}
	})
}
