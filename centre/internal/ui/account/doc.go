// Package account is the pages about people and their logins that both faces have: the
// own account (password, second factor, passkeys, where one is logged in), the people of the
// company with invitations, whom else the company lets look, and the pages behind the
// links of mails, which ask first and change nothing when they are opened.
//
// Who may what is said by the scopes of the routes; a person of another company does
// not exist here. Callers: portal, console.
package account
