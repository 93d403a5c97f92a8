// Package report makes each company's monthly report: figures of a month in Japan, kept as
// they were when it was made, and the words about them.
//
// Comparisons with other companies come from cells that are the same for everybody in a month
// and share no company, so that no two of them can be subtracted.
//
// Everything is bound to a company but the cells. Level 4: notify mails it, the portal shows it.
package report
