// Package scan hands file contents to a virus scanner while they pass.
//
// The scanner is clamd, spoken to with its INSTREAM command over a Unix socket:
// the file is streamed as it arrives, and only the last bytes wait for the answer.
// A [File] never blocks its caller: bytes go into a bounded buffer, and when the
// scanner is slower than the line, Write says so and the caller holds the packet.
//
// When the scanner is down, too slow or the file too large, the file passes and the
// result says "not scanned" with the reason: the box is never the reason that work stops.
package scan
