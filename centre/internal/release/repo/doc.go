// Package repo keeps bundles as a repository of The Update Framework (TUF 1.0, with consistent
// snapshots) in a folder: what package wire calls metadata and targets, and the keys that are used
// without a person.
//
// Root and targets are signed by keys that are kept elsewhere, by so many of so many; targets
// lets "content" (rules, lists, applications, virus data; a key here, so that feeds go out at
// night) and "program" (a key kept elsewhere) speak for their names only. Snapshot and timestamp
// are signed here and renewed by [Repo.Renew].
//
// Each file is written whole, the target first, timestamp last: a client sees all of a change or
// nothing of it. What is in use is the newest file of a role that verifies; there is no other
// state, so a change that a power cut ended is completed by the next one. Several processes may
// share the folder: changes hold its lock.
package repo
