// Package billing makes qualified invoices (適格請求書) of contracts, once a month, and knows what was paid. An invoice is never
// changed: a correction is one of its own that names the first. Numbers have no gaps in a year. Late payment is reminded of, kindly, and
// then becomes work for the desk; protection is never switched off here.
//
// The books are the provider's: they lie at the centre's own company, and a customer's pages ask for their own ones by the company
// of their session. Level 4; beside contract, of which invoices are made.
package billing
