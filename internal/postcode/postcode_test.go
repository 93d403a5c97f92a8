package postcode

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rows have the form of the table of Japan Post.
const rows = `27128,"540  ","5400029","オオサカフ","オオサカシチュウオウク","ホンマチバシ","大阪府","大阪市中央区","本町橋",0,0,0,0,0,0
27128,"540  ","5400000","オオサカフ","オオサカシチュウオウク","イカニケイサイガナイバアイ","大阪府","大阪市中央区","以下に掲載がない場合",0,0,0,0,0,0
01101,"060  ","0600042","ホッカイドウ","サッポロシチュウオウク","オオドオリニシ","北海道","札幌市中央区","大通西（１～１９丁目）",1,0,1,0,0,0
23362,"452  ","4520961","アイチケン","キヨスシ","ハルヒ","愛知県","清須市","春日",0,1,0,0,0,0
23362,"452  ","4520961","アイチケン","キヨスシ","ハルヒアイザカ","愛知県","清須市","春日県",0,1,0,0,0,0
25443,"522  ","5220317","シガケン","イヌカミグンタガチョウ","イチエン","滋賀県","犬上郡多賀町","一円",0,0,0,0,0,0
`

func TestFind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "utf_ken_all.csv"), filepath.Join(dir, "utf_ken_all.zip")
	if err := os.WriteFile(plain, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	w, _ := z.Create("utf_ken_all.csv")
	_, _ = w.Write([]byte(rows))
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{plain, packed} {
		table, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		for code, want := range map[string]string{"5400029": "大阪府大阪市中央区本町橋", "5400000": "大阪府大阪市中央区", "0600042": "北海道札幌市中央区大通西", "4520961": "愛知県清須市春日", "5220317": "滋賀県犬上郡多賀町一円"} {
			if got, ok := table.Find(code); !ok || got != want {
				t.Errorf("%s: %q", code, got)
			}
		}
		if _, ok := table.Find("9999999"); ok {
			t.Error("an address of no code")
		}
	}
	if _, ok := (*Table)(nil).Find("5400029"); ok {
		t.Error("no table knows an address")
	}
}

func TestNotTheTable(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "HTML": "<html>", "few columns": "1,2,3\n", "no code": strings.Replace(rows, "5400029", "540-002", 1), "cut": rows[:len(rows)-20]} {
		if _, err := Read(strings.NewReader(text)); !errors.Is(err, ErrTable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(bad, []byte("PK\x03\x04 and nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(bad); !errors.Is(err, ErrTable) {
		t.Errorf("a broken archive: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(rows)
	f.Add("\"")
	f.Fuzz(func(t *testing.T, text string) {
		if table, err := Read(strings.NewReader(text)); err == nil {
			for code := range table.of {
				if _, ok := table.Find(code); !ok {
					t.Error("lost")
				}
			}
		}
	})
}
