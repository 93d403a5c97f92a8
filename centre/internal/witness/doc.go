// Package witness says how long the audit records of all companies are and how they end, so that this can be kept elsewhere: somebody who
// can rewrite the whole database can make a new chain of hashes, but not one that ends as another machine remembers (OWASP ASVS 5.0,
// 16.4.3). It reads; it changes nothing. The command line and the job of the nightly backup call it.
package witness
