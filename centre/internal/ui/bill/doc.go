// Package bill is the pages about money: a customer's invoices, and for the staff the books, payments, corrections, accounts and collections.
//
// Level 6, part of portal and console.
package bill
