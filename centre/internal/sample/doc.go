// Package sample fills an empty centre with a chamber as it could be after a year: some lively companies with devices, alerts and
// reports, many more to compare with, applications in every state, boxes on a shelf. All of it is plainly made up. It goes
// through the same services as real life, with a clock of its own; nobody is mailed.
//
// Level 6.
package sample
