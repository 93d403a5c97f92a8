// Package apply is how a stranger becomes a customer, in pages: what the service is and costs, the form,
// the application's own page behind a link with a secret, the staff's list with what there is to look at, and the
// contract in the portal.
//
// Level 6, part of both faces.
package apply
