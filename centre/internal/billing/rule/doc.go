// Package rule says what a company pays: lines of a month from contracts and prices that were signed, sums by tax rate, the day
// on which it is due, and what a correction changes. Amounts are whole yen with the tax in them; the tax is taken out of the sum
// of a rate, once per invoice and rounded down (Order for Enforcement of the Consumption Tax Act, Article 70-10).
//
// Level 4, pure functions; billing is made of it.
package rule
