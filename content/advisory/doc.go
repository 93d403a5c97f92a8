// Package advisory has what makers and agencies warned of, as rules that a centre compares with its customers' devices: maker,
// model or program, the versions concerned, and what to do, in our own words in Japanese and English, each with its source and
// the days from which and until which it is valid. It knows no customer.
//
// What came after the program was made comes as a [Bundle] that somebody signed; [OpenBundle] looks at the signature first.
//
// Operators add their own in the same form; [Rule.Check] holds for both.
package advisory
