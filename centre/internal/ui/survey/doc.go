// Package survey is the portal's pages of questionnaires: those that others ask a company to answer, and those that it sends to
// companies that let it look.
//
// Level 6, part of the portal.
package survey
