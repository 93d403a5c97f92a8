// Package hook tells programs what mails tell people: a company's own address gets each alert of two or three stars as a signed
// message, or a channel of Slack or Teams as a few lines. It comes beside the mail and never instead of it; each delivery is tried for
// a day, once for each state of an alert, and written down.
//
// An address is somewhere on the internet: names that lead to private, local or reserved addresses are refused when
// they are called, so that nobody reaches into the centre's own network by one.
//
// Level 5.
package hook
