// Package listen hears what devices of the office call out to everybody. It takes frames from
// the ports of the bridge themselves: most of them are not forwarded as packets that the
// queue would show, and devices behind one switch speak to each other without us.
//
// The kernel filters: only what package heard reads comes up, copied. What comes faster than
// an office speaks is counted and left out. Caller: gateway.
package listen
