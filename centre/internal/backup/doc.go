// Package backup keeps a copy of everything that a centre cannot make again, while it works: its database,
// the authority that boxes trust, the repository of bundles. A copy counts only when it was proven: taken
// apart, opened, and found whole.
package backup
