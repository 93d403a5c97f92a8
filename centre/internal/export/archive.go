package export

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"otasuke/centre/internal/store"
	"otasuke/content/text"
)

// SumsName is the last file: the SHA-256 of all others, as the program sha256sum reads them.
const SumsName = "SHA256SUMS"

// Summary is what became of an export.
type Summary struct {
	Company string           `json:"company_id"`
	Made    time.Time        `json:"made"`
	Rows    map[string]int64 `json:"rows"` // by table
	Files   int              `json:"files"`
	Bytes   int64            `json:"bytes"`
	Sum     string           `json:"sha256"`
}

// archive writes one ZIP.
type archive struct {
	tx    *store.Tx
	zip   *zip.Writer
	texts text.Texts
	now   time.Time
	words Words
	sums  []string
	file  hash.Hash // of the file that is open
	name  string
	out   *bufio.Writer
}

// write writes everything of the transaction's company as a ZIP, in the order of tables.
func write(ctx context.Context, tx *store.Tx, tables []store.Table, w io.Writer, words Words, texts text.Texts, now time.Time) (sum Summary, err error) {
	whole := sha256.New()
	size := &counter{w: io.MultiWriter(w, whole)}
	a := &archive{tx: tx, zip: zip.NewWriter(size), texts: texts, now: now, words: words}
	sum = Summary{Company: tx.Tenant(), Made: now.UTC(), Rows: map[string]int64{}}
	if err := a.readme(tables); err != nil {
		return sum, err
	}
	for i := range tables {
		if ctx.Err() != nil {
			return sum, ctx.Err()
		}
		t := &tables[i]
		switch rule := Rules[t.Name]; {
		case rule.Out:
			continue
		case t.Name == "attachment_part":
			sum.Rows[t.Name], err = a.attachments(t)
		default:
			sum.Rows[t.Name], err = a.table(t, rule)
			if err == nil && rule.Mail != "" {
				err = a.mails(t, rule.Mail)
			}
		}
		if err != nil {
			return sum, fmt.Errorf("export: table %s: %w", t.Name, err)
		}
	}
	if err := a.sheets(tables); err != nil {
		return sum, err
	}
	if words.Books != nil {
		if err := words.Books(ctx, sum.Company, texts, a.put); err != nil {
			return sum, fmt.Errorf("export: books: %w", err)
		}
	}
	sum.Files = len(a.sums)
	err = a.begin(SumsName)
	if err == nil {
		_, err = io.WriteString(a.out, strings.Join(a.sums[:sum.Files], ""))
	}
	if err = errors.Join(err, a.end(), a.zip.Close()); err != nil {
		return sum, fmt.Errorf("export: %w", err)
	}
	sum.Bytes, sum.Sum = size.n, hex.EncodeToString(whole.Sum(nil))
	return sum, nil
}

// begin begins a file of the ZIP; a.out takes its bytes.
func (a *archive) begin(name string) error {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.now.UTC()})
	if err != nil {
		return err
	}
	a.name, a.file = name, sha256.New()
	a.out = bufio.NewWriterSize(io.MultiWriter(w, a.file), 64<<10)
	return nil
}

// put writes a whole file.
func (a *archive) put(name string, data []byte) error {
	if err := a.begin(name); err != nil {
		return err
	}
	_, err := a.out.Write(data)
	return errors.Join(err, a.end())
}

// end ends the file that was begun and keeps its hash.
func (a *archive) end() error {
	if a.out == nil {
		return nil
	}
	err := a.out.Flush()
	a.out, a.sums = nil, append(a.sums, hex.EncodeToString(a.file.Sum(nil))+"  "+a.name+"\n")
	return err
}

// table writes one table as an array of objects.
func (a *archive) table(t *store.Table, rule Rule) (n int64, err error) {
	columns := slices.DeleteFunc(slices.Clone(t.Columns), func(c string) bool { return c == rule.Mail || slices.Contains(rule.Hide, c) })
	if err := a.begin("json/" + t.Name + ".json"); err != nil {
		return 0, err
	}
	names := make([][]byte, len(columns))
	for i, c := range columns {
		if names[i], err = json.Marshal(c); err != nil {
			return 0, err
		}
	}
	sep := "[\n{"
	err = a.tx.Rows(t, columns, func(values []any) error {
		for i, v := range values {
			if without, named := rule.Without[columns[i]]; named && v == without {
				return nil
			}
		}
		n++
		for i, v := range values {
			text, err := value(columns[i], slices.Contains(rule.JSON, columns[i]), v)
			if err != nil {
				return err
			}
			a.out.WriteString(sep) // its errors stay until Flush
			a.out.Write(names[i])
			a.out.WriteByte(':')
			a.out.Write(text)
			sep = ","
		}
		sep = "},\n{"
		return nil
	})
	end := "}\n]\n"
	if n == 0 {
		end = "[]\n"
	}
	a.out.WriteString(end)
	return n, errors.Join(err, a.end())
}

// value is a database's value as JSON: a time as text in UTC and none as null, JSON as it is, bytes in base64.
func value(column string, isJSON bool, v any) ([]byte, error) {
	switch x := v.(type) {
	case int64:
		if moments[column] || strings.HasSuffix(column, "_at") {
			if x == 0 {
				return []byte("null"), nil
			}
			return json.Marshal(store.Time(x).UTC().Format("2006-01-02T15:04:05.000000Z07:00"))
		}
	case string:
		if isJSON && json.Valid([]byte(x)) {
			var one bytes.Buffer
			err := json.Compact(&one, []byte(x))
			return one.Bytes(), err
		}
	case []byte:
		return json.Marshal(base64.StdEncoding.EncodeToString(x))
	}
	return json.Marshal(v)
}

// attachments writes the files that people sent, each as it came, named by its id in the table attachment.
func (a *archive) attachments(t *store.Table) (n int64, err error) {
	open := ""
	err = a.tx.Rows(t, []string{"attachment_id", "data"}, func(values []any) error {
		id, _ := values[0].(string)
		data, _ := values[1].([]byte)
		if n++; id != open {
			if err := a.end(); err != nil {
				return err
			}
			if err := a.begin("files/" + id + ending(data)); err != nil {
				return err
			}
			open = id
		}
		_, err := a.out.Write(data)
		return err
	})
	return n, errors.Join(err, a.end())
}

// mails writes each mail of a table as a file that mail programs open, named by the row's key.
func (a *archive) mails(t *store.Table, column string) error {
	key := slices.DeleteFunc(slices.Clone(t.Key), func(c string) bool { return c == t.Owner })
	return a.tx.Rows(t, append(slices.Clone(key), column), func(values []any) error {
		name := make([]string, len(key))
		for i := range key {
			name[i] = fmt.Sprint(values[i])
		}
		data, _ := values[len(key)].([]byte)
		if err := a.begin("mails/" + strings.Join(name, "-") + ".eml"); err != nil {
			return err
		}
		_, err := a.out.Write(data)
		return errors.Join(err, a.end())
	})
}

// ending is how a file's name ends, by its first bytes.
func ending(data []byte) string {
	for magic, end := range map[string]string{"%PDF-": ".pdf", "\x89PNG": ".png", "\xff\xd8\xff": ".jpg"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return end
		}
	}
	return ".bin"
}

// readme says in the company's language what lies where.
func (a *archive) readme(tables []store.Table) error {
	var b strings.Builder
	t := a.texts
	b.WriteString("\ufeff" + t.T("export.readme", "time", a.now.In(time.UTC).Format(time.RFC3339)) + "\r\n\r\n")
	for _, part := range []string{"sheets", "reports", "invoices", "files", "mails", "json", "sums"} {
		b.WriteString("- " + t.T("export.readme_"+part) + "\r\n")
	}
	b.WriteString("\r\n" + t.T("export.readme_tables") + "\r\n\r\n")
	for i := range tables {
		about := t.T("export.table_" + tables[i].Name)
		if rule := Rules[tables[i].Name]; rule.Out {
			about += t.T("export.table_out")
		} else if len(rule.Hide) > 0 {
			about += t.T("export.table_hidden", "columns", strings.Join(rule.Hide, ", "))
		} else if len(rule.Without) > 0 {
			about += t.T("export.table_without")
		}
		b.WriteString("- " + tables[i].Name + ": " + about + "\r\n")
	}
	if err := a.begin("README.txt"); err != nil {
		return err
	}
	a.out.WriteString(b.String())
	return a.end()
}

// counter counts what goes to w.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
