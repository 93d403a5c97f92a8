package store

import (
	"fmt"
	"strings"
	"sync"
)

// guard is the second lock: it looks at the text of each statement once.
type guard struct {
	mu     sync.RWMutex
	tables map[string]bool  // of tenants, lower case; filled by Migrate
	seen   map[string]error // verdicts of Global by statement text
}

// maxVerdicts bounds guard.seen; all SQL texts of the centre are constants, and
// there are a few hundred.
const maxVerdicts = 4096

// checkTenant refuses a statement that does not mention the tenant.
// SQLite ignores surplus arguments silently, so the text must be looked at.
func checkTenant(query string) error {
	for rest := query; ; {
		i := strings.Index(rest, "$1")
		if i < 0 {
			return fmt.Errorf("%w: it does not use $1, the tenant: %s", ErrGuard, brief(query))
		}
		rest = rest[i+2:]
		if rest == "" || rest[0] < '0' || rest[0] > '9' { // not $10 or $17
			return nil
		}
	}
}

// checkGlobal refuses a statement that names a tenant's table.
func (g *guard) checkGlobal(query string) error {
	g.mu.RLock()
	err, known := g.seen[query]
	g.mu.RUnlock()
	if known {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, word := range strings.FieldsFunc(strings.ToLower(query), func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) {
		if g.tables[word] {
			err = fmt.Errorf("%w: global statement names the tenant table %q: %s", ErrGuard, word, brief(query))
			break
		}
	}
	if len(g.seen) < maxVerdicts {
		g.seen[query] = err
	}
	return err
}

func (g *guard) set(tables []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tables, g.seen = map[string]bool{}, map[string]error{}
	for _, t := range tables {
		g.tables[strings.ToLower(t)] = true
	}
}

func brief(query string) string {
	query = strings.Join(strings.Fields(query), " ")
	if len(query) > 120 {
		return query[:120] + "…"
	}
	return query
}
