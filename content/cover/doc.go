// Package cover is the terms of the simple insurance of a first response, as dated data: what it pays at most, how often, what lets
// it pay and what it never pays. Contracts keep the version of the day on which they were signed, so a file that was in force is
// not changed: a new version is a new file.
package cover
