package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Schema is the tables of one domain.
type Schema struct {
	// Name is the domain's, and never changes: "tenant".
	Name string
	// FS holds goose migrations at its root: 0001_what.sql for both engines, or
	// the pair 0001_what.sqlite.sql and 0001_what.postgres.sql.
	FS fs.FS
}

//go:embed migrate
var migrations embed.FS

// Sub makes a Schema of the folder "migrate" in an embedded file system.
func Sub(name string, files embed.FS) Schema {
	sub, err := fs.Sub(files, "migrate")
	if err != nil {
		panic(err) // only for an invalid constant path
	}
	return Schema{Name: name, FS: sub}
}

// Migrate brings the tables of the store itself and of schemas up to date, in
// the order given (a domain after those that its foreign keys point to), and
// then locks every table with a tenant_id column. It may be called by several
// processes at once, and any number of times.
func (s *Store) Migrate(ctx context.Context, schemas ...Schema) error {
	for _, schema := range append([]Schema{Own()}, schemas...) {
		if err := s.migrate(ctx, schema); err != nil {
			return fmt.Errorf("store: migrate %s: %w", schema.Name, err)
		}
	}
	tables, err := s.tenantTables(ctx)
	if err != nil {
		return err
	}
	s.guard.set(tables)
	if s.engine == Postgres {
		return s.lockTables(ctx, tables)
	}
	return nil
}

func (s *Store) migrate(ctx context.Context, schema Schema) error {
	dialect, other := goose.DialectSQLite3, "."+string(Postgres)+".sql"
	options := []goose.ProviderOption{
		goose.WithTableName("version_of_" + schema.Name),
		goose.WithDisableGlobalRegistry(true),
	}
	if s.engine == Postgres {
		dialect, other = goose.DialectPostgres, "."+string(SQLite)+".sql"
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	names, err := fs.Glob(schema.FS, "*.sql")
	if err != nil {
		return err
	}
	var foreign []string
	for _, name := range names {
		if strings.HasSuffix(name, other) {
			foreign = append(foreign, name)
		}
	}
	provider, err := goose.NewProvider(dialect, s.write, schema.FS, append(options, goose.WithExcludeNames(foreign))...)
	if err != nil {
		return err
	}
	done, err := provider.Up(ctx) // the provider is not closed: that would close our pool
	for _, one := range done {
		s.log.Info("migrated", "schema", schema.Name, "file", one.Source.Path, "took", one.Duration)
	}
	return err
}

// tenantTables names every table with a tenant_id column.
func (s *Store) tenantTables(ctx context.Context) ([]string, error) {
	query := `SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'tenant_id'`
	if s.engine == Postgres {
		query = `SELECT table_name FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = 'tenant_id'`
	}
	rows, err := s.write.QueryContext(ctx, query)
	return Collect[string](rows, wrap(err))(func(scan func(...any) error) (name string, err error) {
		err = scan(&name)
		return name, err
	})
}

// lockTables turns the fourth lock on each table. It is part of migrating, not of
// a migration file, so that no new table can be forgotten.
func (s *Store) lockTables(ctx context.Context, tables []string) error {
	return s.run(ctx, s.write, true, func(b *base) error {
		// One process at a time: policies have no CREATE OR REPLACE.
		if _, err := b.exec(`SELECT pg_advisory_xact_lock(7305)`, nil); err != nil {
			return err
		}
		for _, table := range tables {
			if err := lockTable(b.ctx, b.tx, table); err != nil {
				return fmt.Errorf("store: lock table %s: %w", table, err)
			}
		}
		return nil
	})
}

func lockTable(ctx context.Context, tx *sql.Tx, table string) error {
	var locked bool
	err := tx.QueryRowContext(ctx, `SELECT c.relrowsecurity AND c.relforcerowsecurity
		AND (SELECT count(*) = 2 FROM pg_policies p WHERE p.schemaname = current_schema() AND p.tablename = $1
			AND p.policyname IN ('own_rows', 'operator_reads'))
		FROM pg_class c WHERE c.oid = quote_ident($1)::regclass`, table).Scan(&locked)
	if err != nil || locked {
		return err
	}
	name := `"` + strings.ReplaceAll(table, `"`, `""`) + `"`
	for _, statement := range []string{
		`ALTER TABLE ` + name + ` ENABLE ROW LEVEL SECURITY`,
		`ALTER TABLE ` + name + ` FORCE ROW LEVEL SECURITY`,
		`DROP POLICY IF EXISTS own_rows ON ` + name,
		`CREATE POLICY own_rows ON ` + name + ` USING (tenant_id = current_setting('app.tenant', true))
			WITH CHECK (tenant_id = current_setting('app.tenant', true))`,
		`DROP POLICY IF EXISTS operator_reads ON ` + name,
		`CREATE POLICY operator_reads ON ` + name + ` FOR SELECT USING (current_setting('app.operator', true) <> '')`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// Own is the schema of the store itself, which [Store.Migrate] brings with it.
func Own() Schema { return Sub("store", migrations) }
