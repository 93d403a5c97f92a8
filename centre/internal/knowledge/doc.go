// Package knowledge turns an alert into what a person reads: it joins the alert
// with its threat family and the text catalogue, in the person's language.
//
// It is the only place that decides which words of a family apply (stopped or
// not, something to do or nothing), when an answer is due and what the technical
// block holds, so that mail, portal, console and later the report say the same.
// It is pure: no clock, no I/O; callers pass the moment of reading.
//
// [Knowledge] is also the classifier that the alert room asks for the family of
// an event. Callers: alert (through an interface of its own), notify, portal,
// console.
package knowledge
