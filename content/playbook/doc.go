// Package playbook holds what the staff of the centre do about each threat family, step by step: what to check, whom to
// ring, when to send somebody, when to close. Every family has one; a step is written once and shared by families. The
// words are the service's own.
//
// A step's key stands in the histories of cases and never changes its meaning; another meaning is another key.
package playbook
