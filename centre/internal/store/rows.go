package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Table is one that holds rows of tenants.
type Table struct {
	Name    string
	Columns []string // in the table's order
	Key     []string // columns of its primary key, which may be none
	Parents []string // other tables of tenants that its rows refer to
	// Owner is the column that names the tenant: tenant_id, or that of a table of all tenants.
	Owner string
}

// owners are the columns by which tables of all tenants (job queue, directory) name one.
var owners = []string{"owner", "marker"}

// TenantTables lists every table with rows of tenants as the database has them, those that others refer to first, and
// the tables of all tenants that name one in a column "owner" or "marker" last. Whoever exports or deletes a tenant
// walks this list, so that no table of a new room can be forgotten.
func (s *Store) TenantTables(ctx context.Context) (all []Table, err error) {
	tables := map[string]*Table{}
	at := func(name string) *Table {
		if tables[name] == nil {
			tables[name] = &Table{Name: name}
		}
		return tables[name]
	}
	err = s.run(ctx, s.read, false, func(b *base) error {
		b.known = nil // texts that are asked once
		columns, keys, parents := s.catalogue()
		for query, add := range map[string]func(t *Table, what string){
			columns: func(t *Table, c string) { t.Columns = append(t.Columns, c) },
			keys:    func(t *Table, c string) { t.Key = append(t.Key, c) },
			parents: func(t *Table, p string) { t.Parents = append(t.Parents, p) },
		} {
			_, err := Collect[struct{}](b.query(query, nil))(func(scan func(...any) error) (none struct{}, err error) {
				var table, what string
				if err = scan(&table, &what); err == nil {
					add(at(table), what)
				}
				return none, err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ordered(tables), nil
}

// catalogue is how each engine tells columns, keys and references, each as two texts: table and name.
func (s *Store) catalogue() (columns, keys, parents string) {
	if s.engine == SQLite {
		const tables = ` FROM sqlite_master m, `
		return `SELECT m.name, c.name` + tables + `pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`,
			`SELECT m.name, c.name` + tables + `pragma_table_info(m.name) c WHERE m.type = 'table' AND c.pk > 0 ORDER BY m.name, c.pk`,
			`SELECT DISTINCT m.name, f."table"` + tables + `pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	}
	return `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`,
		`SELECT c.relname, a.attname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY u(n, pos)
			JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.n
			WHERE k.contype = 'p' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, u.pos`,
		`SELECT DISTINCT c.relname, p.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
			WHERE k.contype = 'f' AND c.relnamespace = current_schema()::regnamespace`
}

// ordered keeps the tables that name tenants, parents first, otherwise by name.
func ordered(tables map[string]*Table) (all []Table) {
	var last []Table
	waiting := map[string]*Table{}
	for name, t := range tables {
		if slices.Contains(t.Columns, "tenant_id") {
			t.Owner, waiting[name] = "tenant_id", t
			continue
		}
		for _, c := range owners {
			if slices.Contains(t.Columns, c) {
				t.Owner = c
				last = append(last, *t)
			}
		}
	}
	for len(waiting) > 0 {
		var ready []Table
		for name, t := range waiting {
			t.Parents = slices.DeleteFunc(t.Parents, func(p string) bool { return p == name || tables[p] == nil })
			if !slices.ContainsFunc(t.Parents, func(p string) bool { return waiting[p] != nil }) {
				ready = append(ready, *t)
			}
		}
		if len(ready) == 0 { // tables that refer to each other: no order is right
			for _, t := range waiting {
				ready = append(ready, *t)
			}
		}
		slices.SortFunc(ready, byName)
		for _, t := range ready {
			delete(waiting, t.Name)
		}
		all = append(all, ready...)
	}
	slices.SortFunc(last, byName)
	return append(all, last...)
}

func byName(a, b Table) int { return strings.Compare(a.Name, b.Name) }

// quote makes a name of the catalogue fit for a statement.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoted(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

// Rows calls fn with each of the tenant's rows of a table of [Store.TenantTables], in the order of its key: the values
// of columns, as string, int64, bool, []byte or nil. They are fn's only until it returns.
func (t *Tx) Rows(table *Table, columns []string, fn func(values []any) error) error {
	key := table.Key
	if len(key) == 0 {
		key = table.Columns
	}
	rows, err := t.query(`SELECT `+quoted(columns)+` FROM `+quote(table.Name)+` WHERE `+quote(table.Owner)+` = $1 ORDER BY `+quoted(key), t.bind(nil))
	if err != nil {
		return err
	}
	defer rows.Close()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return wrap(err)
		}
		if err := fn(values); err != nil {
			return err
		}
	}
	return wrap(rows.Err())
}

// Count counts the tenant's rows of a table of [Store.TenantTables].
func (t *Tx) Count(table *Table) (n int64, err error) {
	err = t.queryRow(`SELECT count(*) FROM `+quote(table.Name)+` WHERE `+quote(table.Owner)+` = $1`, t.bind(nil)).Scan(&n)
	return n, err
}

// Prune deletes up to most of the tenant's rows of a table, those for which where is true (empty: all); where and args
// are as in [Tx.Exec], args from $2. It returns how many went. Bounded, because nobody else writes meanwhile.
func (t *Tx) Prune(table, owner, where string, most int, args ...any) (int64, error) {
	row, name := "rowid", quote(table)
	if t.engine == Postgres {
		row = "ctid"
	}
	text := quote(owner) + ` = $1`
	if where != "" {
		text += ` AND (` + where + `)`
	}
	return t.exec(fmt.Sprintf(`DELETE FROM %s WHERE %s = $1 AND %s IN (SELECT %s FROM %s WHERE %s LIMIT %d)`, name, quote(owner), row, row, name, text, most), t.bind(args))
}

// Steady is [Store.Read] in which everything is as it was at one moment, however long fn takes.
func (s *Store) Steady(ctx context.Context, tenant string, fn func(*Tx) error) error {
	if tenant == "" {
		return ErrNoTenant
	}
	// SQLite's readers see one moment anyhow.
	opts := &sql.TxOptions{ReadOnly: s.engine == Postgres}
	if s.engine == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return s.runWith(ctx, s.read, opts, func(b *base) error {
		b.known = nil // texts that are asked once
		if s.engine == Postgres {
			if err := bindTenant(b, tenant, false); err != nil {
				return err
			}
		}
		return fn(&Tx{base: b, tenant: tenant, engine: s.engine})
	})
}
