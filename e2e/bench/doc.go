// Package bench is the performance lab: the same traffic through the bare kernel
// bridge and through the box, in turn, in one run on one machine, so that the
// ratio holds where absolute figures drift.
//
// Office, box and internet are the namespaces of e2e/lab; sender and receiver are
// this process, the box is a process of its own with everything on: starter rules,
// a list of sites, EVE log. Bulk rows judge every byte (no flow budget), so that
// what is measured is inspection, not looking away; rows that measure looking away
// say so in their name.
package bench
