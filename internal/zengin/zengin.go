package zengin

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Errors; each names the record, from 1, and the field.
var (
	ErrKana   = errors.New("zengin: not a name that banks can print")
	ErrRecord = errors.New("zengin: malformed record")
	ErrOrder  = errors.New("zengin: records in another order than header, data, trailer, end")
	ErrSums   = errors.New("zengin: counts or sums do not fit the records")
)

// Size is the bytes of a record.
const Size = 120

// MaxRecords of one file; the trailer's count has six digits.
const MaxRecords = 999_999

// Lengths of fields in bytes.
const (
	BankName    = 15
	BranchName  = 15
	HolderName  = 30
	CompanyName = 40
)

// kind is 口座振替.
const kind = "91"

// Kinds of accounts.
const (
	Ordinary = "1" // 普通
	Current  = "2" // 当座
	Tax      = "3" // 納税準備
	Other    = "9"
)

// Result of one collection.
type Result string

// Results (振替結果コード).
const (
	Asked     Result = "0" // in a file that goes out
	Done      Result = "0" // in one that comes back
	Short     Result = "1" // 資金不足
	NoAccount Result = "2" // 取引なし
	Holder    Result = "3" // 預金者の都合による停止
	NoForm    Result = "4" // 口座振替依頼書なし
	Consignor Result = "8" // 委託者の都合による停止
	Else      Result = "9" // その他
)

// Known says whether a result is one of the format's.
func (r Result) Known() bool { return len(r) == 1 && strings.Contains("0123489", string(r)) }

// Account of a bank.
type Account struct {
	Bank       string `json:"bank"` // 4 digits
	BankName   string `json:"bank_name,omitempty"`
	Branch     string `json:"branch"` // 3 digits
	BranchName string `json:"branch_name,omitempty"`
	Kind       string `json:"kind"`
	Number     string `json:"number"` // 7 digits
}

// Header says who collects, and when.
type Header struct {
	Consignor string  `json:"consignor"` // 委託者コード, 10 digits
	Name      string  `json:"name"`
	Day       string  `json:"day"` // month and day, 1227
	Account   Account `json:"account"`
}

// Data is one collection.
type Data struct {
	Account  Account `json:"account"`
	Holder   string  `json:"holder"`
	Yen      int     `json:"yen"`
	First    bool    `json:"first"`    // the first from this account
	Customer string  `json:"customer"` // 顧客番号, 20 characters at most
	Result   Result  `json:"result"`
}

// File is one collection day. Its trailer is made of its records.
type File struct {
	Header Header
	Data   []Data
	// Back: it came back from the bank, and its results say what became of it. Before that they are [Asked].
	Back bool
}

// Encode writes a file. Line ends are CR LF where a bank wants them. Names must be as [Kana] gives them; what does not fit
// its field is [ErrRecord].
func Encode(f *File, lines bool) ([]byte, error) {
	if len(f.Data) > MaxRecords {
		return nil, fmt.Errorf("%w: more than %d", ErrRecord, MaxRecords)
	}
	w := &writer{lines: lines}
	h := &f.Header
	w.begin("1")
	w.text("kind", kind, 2)
	w.text("code", "0", 1)
	w.digits("consignor", h.Consignor, 10)
	w.text("name", h.Name, CompanyName)
	w.digits("day", h.Day, 4)
	w.account(&h.Account, 0)
	w.end(17)
	for i := range f.Data {
		d := &f.Data[i]
		w.begin("2")
		w.account(&d.Account, 4)
		w.text("holder", d.Holder, HolderName)
		w.number("amount", d.Yen, 10)
		w.text("new", flag(d.First), 1)
		w.text("customer", d.Customer, 20)
		if w.text("result", string(d.Result), 1); !d.Result.Known() {
			w.fail("result", string(d.Result))
		}
		w.end(8)
	}
	t := f.trailer()
	w.begin("8")
	for i, n := range t {
		w.number("count", n, 6+6*(i%2))
	}
	w.end(65)
	w.begin("9")
	w.end(119)
	return w.out, w.err
}

// trailer is counts and sums: of all, of those collected, of those not. A file that goes out has zeros in the latter four.
func (f *File) trailer() (t [6]int) {
	for i := range f.Data {
		d := &f.Data[i]
		t[0], t[1] = t[0]+1, t[1]+d.Yen
		at := 4
		if d.Result == Done {
			at = 2
		}
		if f.Back {
			t[at], t[at+1] = t[at]+1, t[at+1]+d.Yen
		}
	}
	return t
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

type writer struct {
	out   []byte
	start int
	n     int
	lines bool
	err   error
}

func (w *writer) fail(field, s string) {
	if w.err == nil {
		w.err = fmt.Errorf("%w %d: %s: %q", ErrRecord, w.n, field, s)
	}
}

func (w *writer) begin(kind string) { w.n, w.start, w.out = w.n+1, len(w.out), append(w.out, kind...) }

func (w *writer) end(blank int) {
	w.out = append(w.out, bytes.Repeat([]byte{' '}, blank)...)
	if w.err == nil && len(w.out)-w.start != Size {
		w.err = fmt.Errorf("%w %d: %d bytes", ErrRecord, w.n, len(w.out)-w.start)
	}
	if w.lines {
		w.out = append(w.out, "\r\n"...)
	}
}

// text at the left, blanks after it.
func (w *writer) text(field, s string, size int) {
	n := 0
	for _, r := range s {
		b, ok := single(r)
		if !ok {
			w.fail(field, s)
			return
		}
		w.out = append(w.out, b)
		n++
	}
	if n > size {
		w.fail(field, s)
		return
	}
	w.out = append(w.out, bytes.Repeat([]byte{' '}, size-n)...)
}

// digits exactly so many.
func (w *writer) digits(field, s string, size int) {
	if len(s) != size || strings.Trim(s, "0123456789") != "" {
		w.fail(field, s)
	}
	w.out = append(w.out, s...)
}

func (w *writer) number(field string, n, size int) {
	s := fmt.Sprintf("%0*d", size, n)
	if n < 0 || len(s) > size {
		w.fail(field, s)
	}
	w.out = append(w.out, s...)
}

func (w *writer) account(a *Account, blank int) {
	w.digits("bank", a.Bank, 4)
	w.text("bank name", a.BankName, BankName)
	w.digits("branch", a.Branch, 3)
	w.text("branch name", a.BranchName, BranchName)
	w.out = append(w.out, bytes.Repeat([]byte{' '}, blank)...)
	w.digits("kind of account", a.Kind, 1)
	w.digits("account", a.Number, 7)
}
