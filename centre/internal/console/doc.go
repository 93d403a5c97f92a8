// Package console is the pages of the centre's staff: one queue across all
// companies, one case with everything about its company beside it, the fleet of
// boxes, and claim codes for new ones.
//
// Looking at a company leaves a record with who and why that the company itself
// can read: a case gives its own reason, a company's page asks for one. Nothing
// is closed without a reason. Every action is a form and works without script;
// the script adds keys (j, k, Enter, a, n, c) and nothing else.
//
// Customers cannot come in: for their sessions this face does not exist. [New]
// makes the http.Handler; the façade mounts it.
package console
