// Package printed is an invoice as people read it: its words, for pages and mails, and a sheet of A4. It holds what a qualified invoice
// must (Consumption Tax Act, Article 57-4 (1)): issuer and registration number, date, what for, sums and tax for each rate, recipient.
//
// Level 4, part of billing; pure.
package printed
