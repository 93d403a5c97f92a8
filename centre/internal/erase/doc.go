// Package erase deletes a company with everything that the centre has of it. Staff ask for it and it can be undone until
// a time has passed; then its boxes' certificates are worth nothing, nobody logs in, and every row of every table that
// names it goes, in small pieces so that others need not wait, and from where it was when a process dies. What remains is a
// certificate: who, when, how many rows of each table, where its audit log ended, and the hash over that text, which
// stands in the centre's own audit log.
//
// It walks the tables that the database has, so no table of a new room is forgotten. What law asks to keep is named in
// [Config] by those who know it, and set aside, without the rest, until its time is over.
package erase
