// Package trends is the portal's page of graphs: attacks by day or week, by what they were, applications and devices by
// bytes, for a week, a month or a year, each with its figures as a table and as a file.
//
// Which sites and countries were spoken with lies in the box and is asked for there; the page says so.
//
// Level 6, part of the portal.
package trends
