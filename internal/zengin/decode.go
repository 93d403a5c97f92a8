package zengin

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Decode reads a file that comes from a bank, with or without line ends and with or without the end mark of old systems (0x1A). It
// is whole, in order, and its trailer fits, or it is refused: [ErrRecord], [ErrOrder], [ErrSums].
func Decode(raw []byte) (*File, error) {
	records, err := split(raw)
	if err != nil {
		return nil, err
	}
	f := new(File)
	stage := byte('0') // what was read last
	var told [6]int
	for i, record := range records {
		r := &reader{record: record, n: i + 1}
		switch next := record[0]; {
		case next == '1' && stage == '0':
			f.Header = r.header()
		case next == '2' && (stage == '1' || stage == '2'):
			f.Data = append(f.Data, r.data())
		case next == '8' && (stage == '1' || stage == '2'):
			for k := range told {
				told[k] = r.number("count", 1+k/2*18+k%2*6, 6+k%2*6)
			}
		case next == '9' && stage == '8':
		default:
			return nil, fmt.Errorf("%w: record %d is of kind %q", ErrOrder, i+1, record[0])
		}
		if stage = record[0]; r.err != nil {
			return nil, r.err
		}
	}
	if stage != '9' {
		return nil, fmt.Errorf("%w: it has no end", ErrOrder)
	}
	f.Back = told[2]+told[3]+told[4]+told[5] > 0
	if want := f.trailer(); told != want {
		return nil, fmt.Errorf("%w: trailer says %v, the records are %v", ErrSums, told, want)
	}
	return f, nil
}

// split cuts a file into records.
func split(raw []byte) ([][]byte, error) {
	raw = bytes.TrimRight(raw, "\x1a\r\n")
	if len(raw) > (MaxRecords+3)*(Size+2) {
		return nil, fmt.Errorf("%w: more than %d", ErrRecord, MaxRecords)
	}
	var all [][]byte
	for len(raw) > 0 {
		if len(raw) < Size || bytes.ContainsAny(raw[:Size], "\r\n") {
			return nil, fmt.Errorf("%w %d: not %d bytes long", ErrRecord, len(all)+1, Size)
		}
		all, raw = append(all, raw[:Size]), raw[Size:]
		if len(raw) > 0 && raw[0] == '\r' {
			raw = raw[1:]
		}
		if len(raw) > 0 && raw[0] == '\n' {
			raw = raw[1:]
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrOrder)
	}
	return all, nil
}

type reader struct {
	record []byte
	n      int
	err    error
}

func (r *reader) fail(field string, b []byte) {
	if r.err == nil {
		r.err = fmt.Errorf("%w %d: %s: %q", ErrRecord, r.n, field, b)
	}
}

func (r *reader) text(field string, at, size int) string {
	b := r.record[at : at+size]
	var s strings.Builder
	for _, one := range b {
		c, ok := character(one)
		if !ok {
			r.fail(field, b)
			return ""
		}
		s.WriteRune(c)
	}
	return strings.TrimRight(s.String(), " ")
}

func (r *reader) digits(field string, at, size int) string {
	s := string(r.record[at : at+size])
	if strings.Trim(s, "0123456789") != "" {
		r.fail(field, r.record[at:at+size])
		return ""
	}
	return s
}

// number of 12 digits at most, which an int holds.
func (r *reader) number(field string, at, size int) int {
	n, _ := strconv.Atoi(r.digits(field, at, size)) // digits have been looked at
	return n
}

func (r *reader) account(at, blank int) Account {
	kind := at + 37 + blank
	return Account{Bank: r.digits("bank", at, 4), BankName: r.text("bank name", at+4, BankName), Branch: r.digits("branch", at+19, 3), BranchName: r.text("branch name", at+22, BranchName),
		Kind: r.digits("kind of account", kind, 1), Number: r.digits("account", kind+1, 7)}
}

func (r *reader) header() Header {
	if got := string(r.record[1:4]); got != kind+"0" {
		r.fail("kind and code", r.record[1:4])
	}
	return Header{Consignor: r.digits("consignor", 4, 10), Name: r.text("name", 14, CompanyName), Day: r.digits("day", 54, 4), Account: r.account(58, 0)}
}

func (r *reader) data() Data {
	d := Data{Account: r.account(1, 4), Holder: r.text("holder", 50, HolderName), Yen: r.number("amount", 80, 10), First: r.record[90] == '1', Customer: r.text("customer", 91, 20), Result: Result(r.record[111:112])}
	if !d.Result.Known() {
		r.fail("result", r.record[111:112])
	}
	if r.record[90] < '0' || r.record[90] > '2' {
		r.fail("new", r.record[90:91])
	}
	return d
}
