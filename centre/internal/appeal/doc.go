// Package appeal keeps what people of customers say about things that were blocked:
// "this is wrong". It comes from a block page through the box, or from the portal; the
// desk accepts or refuses it with a word, and the customer reads that.
//
// What is accepted and is a site with a name is let through by the company's policy ([Allow]). The
// same thing asked again while it is open is counted, not queued twice. Each request and each
// answer leaves a job that tells people. All of this is one transaction.
//
// Everything is bound to a company. Level 3: intake and portal write, console answers.
package appeal
