// Package inventory adds up what is heard of each device of the office: addresses, names,
// kind, maker and operating system, each with where it comes from, and what became of the
// device. What changed becomes events for the centre.
//
// A [Table] is bounded: devices with an address of their maker, and apart from them those
// that made one up, as telephones do: they come and go and never raise an alarm. In the first
// days of a box everything is a first inventory. The state survives a restart.
//
// Callers: usage (a look at each transaction, without allocation), gateway.
package inventory
