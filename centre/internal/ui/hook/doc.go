// Package hook is the portal's page on which a company has its alerts sent to programs of its own: addresses, a trial, and
// how it went.
//
// Level 6, part of the portal.
package hook
