// Package storetest runs a domain's suite on both database engines: on SQLite in
// a temporary file, and on a real PostgreSQL server that it starts by itself, one
// server for each test binary and one database for each test.
//
// Tests only. It needs the server programs in /usr/lib/postgresql/*/bin (Debian
// package postgresql); without them the PostgreSQL half is skipped with a reason.
package storetest
