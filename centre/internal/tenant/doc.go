// Package tenant knows the companies, their people, who is logged in, and keeps
// the record of who did and who looked at what.
//
// Invariants: a person belongs to one company; an e-mail address belongs to one
// person in the whole centre; staff are people of the company [House]. Secrets
// (passwords, session and action-link tokens) are kept only as hashes. The audit
// log of a company is a hash chain that the database lets nobody change.
//
// Every call except login and token look-ups names the company, and answers
// [store.ErrNotFound] for what belongs to another one. Level 2: it may be used by
// all domains, verbs and faces above.
package tenant
