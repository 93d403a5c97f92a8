// Package evefile is the file that EVE records are appended to, one line each. It moves
// the file aside when it has become large or old and keeps so many of those, and opens
// it anew when another program has moved it.
//
// A line is in one file whole, and a file that was moved aside does not change any more:
// whoever follows the file (tail -F, a log shipper) loses nothing. When the process is
// killed, at most what was not flushed is missing; a line that was cut is ended before
// the next one, so that only it cannot be read.
//
// Not safe for concurrent use. Caller: gateway.
package evefile
