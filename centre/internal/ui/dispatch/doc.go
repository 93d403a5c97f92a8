// Package dispatch is the pages about visits: the staff's list, the form that sends somebody and the list of vendors; the
// customer's own visits; and the page on a vendor's phone, which is behind a secret link instead of an account.
//
// Level 6, part of the portal and the console.
package dispatch
