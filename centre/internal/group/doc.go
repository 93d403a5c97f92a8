// Package group is what a parent company, or a large customer, sees of companies that let it look: per kind
// of data what each of them agreed to, for as long as it agreed, and where it is weak first. Each look is written into the
// record of the company that is looked at.
//
// Nothing is kept here: a share that is taken back is gone with the next page.
//
// Level 4.
package group
