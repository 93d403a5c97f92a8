// Package store keeps the centre's data in SQLite or PostgreSQL, with one SQL
// text for both, and keeps the companies (tenants) apart.
//
// # Ways in
//
//   - [Store.Write] and [Store.Read]: a transaction of one tenant. The tenant is
//     bound as $1 in every statement; the caller's own arguments begin at $2.
//   - [Store.AsOperator]: reads across tenants, written down with who and why; [Store.AsWatcher] once an hour.
//   - [Store.Global]: tables that belong to no tenant (job queue, directory).
//   - [Store.Woken]: waits for what a transaction has said with Wake or, on PostgreSQL across processes, WakeAll.
//   - [Store.Owner]: the directory: which tenant does this key belong to? It is
//     how a request that carries only a token, an e-mail address or a claim code
//     finds its tenant.
//
// # Four locks between tenants
//
// A leak needs four mistakes at once: (1) no transaction exists without a tenant,
// and the three kinds are different types; (2) a statement of a tenant
// transaction that never says $1 is refused, and a global one that names a
// tenant's table is refused; (3) every table of a tenant has tenant_id in its
// primary and foreign keys; (4) on PostgreSQL row-level security is forced on
// each such table, by [Store.Migrate] itself, and a role that could go around it
// is refused. SQLite has no fourth lock: the decoy-tenant suites stand in for it.
//
// # Rules for the SQL
//
// Only the common subset of both engines. Times are UTC microseconds in BIGINT
// ([Micros], [Time]), truth is BOOLEAN, structures are JSON in TEXT, and the time
// of day comes from outside, never from now(). Texts of any bytes may be given: what
// PostgreSQL would refuse is replaced ([Text]). Writes of one tenant happen one
// after another on both engines, so that read-then-write needs no further lock.
//
// Domains (level 2 and above) use it, each in its own store.go. A transaction's
// function must not call the Store again: SQLite has one writer, and it would
// wait for itself.
package store
