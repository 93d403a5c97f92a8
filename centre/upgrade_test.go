package centre

import (
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"otasuke/centre/internal/export"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
)

var update = flag.Bool("update", false, "write the schemas of testdata that are missing")

const schemasDir = "testdata/schemas"

// epoch is what a centre had for a schema at some time: the version of each room's tables.
type epoch struct {
	Name     string         `json:"name"`
	Versions map[string]int `json:"versions"`
}

func epochs(t *testing.T) (all []epoch) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(schemasDir, "versions.json"))
	ok(t, err)
	ok(t, json.Unmarshal(text, &all))
	return all
}

// everything is the schemas of all rooms, the store's own too, with what a migration's file is of.
func everything() []store.Schema { return append([]store.Schema{store.Own()}, schemas()...) }

func version(name string) int { n, _ := strconv.Atoi(name[:4]); return n }

// present is the epoch of this program.
func present(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, s := range everything() {
		names, err := fs.Glob(s.FS, "*.sql")
		ok(t, err)
		for _, name := range names {
			out[s.Name] = max(out[s.Name], version(name))
		}
	}
	return out
}

// at is the schemas as they were at an epoch; the store's own has had one version so far.
func (e *epoch) at(t *testing.T) (out []store.Schema) {
	t.Helper()
	for _, s := range schemas() {
		if e.Versions[s.Name] == 0 {
			continue
		}
		files := fstest.MapFS{}
		names, err := fs.Glob(s.FS, "*.sql")
		ok(t, err)
		for _, name := range names {
			if version(name) <= e.Versions[s.Name] {
				text, err := fs.ReadFile(s.FS, name)
				ok(t, err)
				files[name] = &fstest.MapFile{Data: text}
			}
		}
		out = append(out, store.Schema{Name: s.Name, FS: files})
	}
	return out
}

func (e *epoch) file(engine store.Engine) string {
	return filepath.Join(schemasDir, e.Name+"."+string(engine)+".sql")
}

// Each schema that a centre ever had becomes the one of today, on both engines, with every row of every table in it. The
// dumps are of the time: were a migration's file changed afterwards, they would not follow it.
func TestUpgradeFromEachFormerSchema(t *testing.T) {
	t.Parallel()
	all := epochs(t)
	if now := present(t); *update {
		if last := all[len(all)-1]; !maps.Equal(last.Versions, now) {
			all = append(all, epoch{Name: fmt.Sprintf("%02d-schema", len(all)+1), Versions: now})
			text, err := json.MarshalIndent(all, "", "\t")
			ok(t, err)
			ok(t, os.WriteFile(filepath.Join(schemasDir, "versions.json"), append(text, '\n'), 0o644))
		}
		write(t, all)
	} else if d := cmp.Diff(all[len(all)-1].Versions, now); d != "" {
		t.Errorf("there are new migrations: keep the schema of today for the upgrades of tomorrow\n\tgo test ./centre -run TestUpgrade -update\n%s", d)
	}
	for _, url := range []func(testing.TB, ...store.Schema) string{storetest.SQLiteURL, storetest.PostgresURL} {
		fresh := url(t)
		s := testCentre(t, fresh).store
		engine, want := s.Engine(), dump(t, fresh, true)
		for _, e := range all {
			t.Run(string(engine)+"/"+e.Name, func(t *testing.T) {
				t.Parallel()
				database := url(t)
				load(t, database, e.file(engine))
				before := contents(t, database)
				if len(before) < 15 {
					t.Fatalf("%d tables with a row: is the dump whole?", len(before))
				}
				c := testCentre(t, database)
				if d := cmp.Diff(want, dump(t, database, true)); d != "" {
					t.Errorf("the schema is not that of a new database (-new +upgraded):\n%s", d)
				}
				after := contents(t, database)
				for table, row := range before {
					for column, value := range row {
						if fmt.Sprint(after[table][column]) != fmt.Sprint(value) {
							t.Errorf("%s.%s was %v and is %v", table, column, value, after[table][column])
						}
					}
				}
				if _, err := c.tenants.CompanyByID(t.Context(), "c1"); err != nil {
					t.Errorf("the company is not there: %v", err)
				}
			})
		}
	}
}

// contents is the one row of the company c1 in each table, by column.
func contents(t *testing.T, database string) map[string]map[string]any {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: database})
	ok(t, err)
	defer s.Close()
	tables, err := s.TenantTables(t.Context())
	ok(t, err)
	out := map[string]map[string]any{}
	ok(t, s.Read(t.Context(), "c1", func(tx *store.Tx) error {
		for i := range tables {
			err := tx.Rows(&tables[i], tables[i].Columns, func(values []any) error {
				row := map[string]any{}
				for n, c := range tables[i].Columns {
					row[c] = values[n]
				}
				out[tables[i].Name] = row
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return out
}

// write makes the dumps that are missing.
func write(t *testing.T, all []epoch) {
	t.Helper()
	for _, e := range all {
		for engine, url := range map[store.Engine]string{store.SQLite: storetest.SQLiteURL(t), store.Postgres: storetest.PostgresURL(t)} {
			if _, err := os.Stat(e.file(engine)); err == nil {
				continue
			}
			s, err := store.Open(t.Context(), store.Config{URL: url})
			ok(t, err)
			ok(t, s.Migrate(t.Context(), e.at(t)...))
			fill(t, s, url)
			ok(t, s.Close())
			ok(t, os.WriteFile(e.file(engine), []byte(dump(t, url, false)), 0o644))
		}
	}
}

// fill gives the company c1 a row in each table: every text is k1, so that all references hold.
func fill(t *testing.T, s *store.Store, url string) {
	t.Helper()
	tables, err := s.TenantTables(t.Context())
	ok(t, err)
	db := raw(t, url)
	ok(t, s.Write(t.Context(), "c1", func(tx *store.Tx) error {
		for _, table := range tables {
			types := typesOf(t, db, table.Name)
			args, marks := []any{}, []string{}
			for _, c := range table.Columns {
				if c == table.Owner {
					marks = append(marks, "$1")
					continue
				}
				var v any = "k1"
				switch kind := types[c]; {
				case strings.HasPrefix(kind, "BOOL"):
					v = true
				case strings.Contains(kind, "INT"):
					v = 7
				case kind == "BLOB", kind == "BYTEA":
					v = []byte("k1")
				case slices.Contains(export.Rules[table.Name].JSON, c):
					v = "{}"
				}
				args, marks = append(args, v), append(marks, fmt.Sprint("$", len(args)+2))
			}
			_, err := tx.Exec(`INSERT INTO "`+table.Name+`" ("`+strings.Join(table.Columns, `", "`)+`") VALUES (`+strings.Join(marks, ", ")+`)`, args...)
			if err != nil {
				return fmt.Errorf("%s: %w", table.Name, err)
			}
		}
		return nil
	}))
}

// typesOf are the types of a table's columns, in the words of the engine.
func typesOf(t *testing.T, db *sql.DB, table string) map[string]string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+table+`" WHERE 1 = 0`)
	ok(t, err)
	defer rows.Close()
	all, err := rows.ColumnTypes()
	ok(t, errors.Join(err, rows.Err()))
	types := map[string]string{}
	for _, c := range all {
		types[c.Name()] = c.DatabaseTypeName()
	}
	return types
}

// chatter are lines of pg_dump that differ from one to the next, or are for its own shell.
var chatter = regexp.MustCompile(`(?m)^(\\.*|--.*|SET .*|SELECT pg_catalog.set_config.*)?\n`)

// dump is a database as SQL, or its schema alone.
func dump(t *testing.T, url string, schema bool) string {
	t.Helper()
	if !strings.HasPrefix(url, "sqlite:") {
		args := []string{"--no-owner", "--no-privileges", "--enable-row-security", "--inserts", "--dbname=" + url}
		if schema {
			args = append(args, "--schema-only")
		}
		cmd := exec.CommandContext(t.Context(), "pg_dump", args...)
		cmd.Env = append(os.Environ(), "PGOPTIONS=-c app.operator=test")
		out, err := cmd.Output()
		ok(t, err)
		return chatter.ReplaceAllString(string(out), "")
	}
	db := raw(t, url)
	var b strings.Builder
	var tables []string
	all, err := db.QueryContext(t.Context(), `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid`)
	ok(t, err)
	defer all.Close()
	for all.Next() {
		var kind, name, text string
		ok(t, all.Scan(&kind, &name, &text))
		if kind == "table" {
			tables = append(tables, name)
		}
		b.WriteString(text + ";\n")
	}
	ok(t, all.Err())
	if schema {
		lines := strings.SplitAfter(b.String(), ";\n")
		slices.Sort(lines)
		return strings.Join(lines, "")
	}
	for _, name := range tables {
		rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+name+`"`)
		ok(t, err)
		columns, err := rows.Columns()
		ok(t, err)
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			ok(t, rows.Scan(into...))
			texts := make([]string, len(values))
			for i, v := range values {
				texts[i] = literal(v)
			}
			b.WriteString(`INSERT INTO "` + name + `" VALUES (` + strings.Join(texts, ", ") + ");\n")
		}
		ok(t, rows.Err())
		ok(t, rows.Close())
	}
	return b.String()
}

// literal writes a value of SQLite.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case []byte:
		return fmt.Sprintf("x'%x'", v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return "'2026-11-28 00:00:00'" // when goose ran
}

// load makes a database from a dump.
func load(t *testing.T, url, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	ok(t, err)
	_, err = raw(t, url).ExecContext(t.Context(), string(text))
	ok(t, err)
}

// raw opens a database without the store; references are not checked while it is filled.
func raw(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, address := "pgx", url
	if path, lite := strings.CutPrefix(url, "sqlite://"); lite {
		driver, address = "sqlite", "file:"+path
		if err := os.MkdirAll(filepath.Dir(strings.SplitN(path, "?", 2)[0]), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open(driver, address)
	ok(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
