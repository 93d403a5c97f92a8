// Package figures is the console's page of how the staff work: how soon cases are answered, what is open, how many mails
// customers get, and what cases turned out to be, over 7, 30 or 90 days; as graphs, as a table, and as a file.
//
// Level 6, part of the console.
package figures
