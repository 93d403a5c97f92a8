// Package bench is the performance lab: the same traffic through the bare kernel
// bridge and through the box, in turn, in one run on one machine, so that the
// ratio holds where absolute figures drift.
//
// Office, box and internet are the namespaces of e2e/lab; sender and receiver are
// this process, the box is a process of its own with everything on: ET Open, starter
// rules, a list of sites, EVE log. docs/performance.md explains each row; rows named
// "judged" judge every byte, the others leave the box as it is by default.
//
// Captures that the bench makes itself are judged offline by a process of ours. Where
// the field's sensor is installed, it is measured in the box's place, too.
//
// The command line calls Run; nothing else uses this room.
package bench
