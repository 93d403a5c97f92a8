// Package soak lets an office of 100 PCs work through a real box for as long as one wants,
// and says whether the box lost, blocked or kept anything that it should not.
//
// The PCs are addresses of one host of e2e/lab: pages over kept and new connections, TLS
// with real handshakes, mail with attachments, names, long downloads, ranges of updates
// and files of a server. Every byte that comes back is compared. Rules are a big public
// set where OTASUKE_DATA names one, else the starter rules; which of them block is decided
// by the policy that is shipped.
//
// Callers: the command and the end-to-end tests.
package soak
