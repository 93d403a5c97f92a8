// Package zengin reads and writes the files by which Japanese banks collect money from accounts: records of 120 bytes of
// the Zengin format for account transfer (口座振替, kind 91), in the single bytes of JIS X 0201. The file that comes back
// has the same records with a result in each.
//
// Pure functions: no clock, no I/O. What is read has been checked as a whole; a file whose counts or sums do not fit is refused.
package zengin
