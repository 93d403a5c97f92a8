// Package rfbmsg reads the beginning of remote framebuffer (VNC) connections up to the
// server's description of the screen (RFC 6143 section 7).
//
// A transaction is the whole conversation; its record is written when the beginning is
// over. Security types other than none and VNC are not followed. Memory is bounded by
// [MaxMessage]. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package rfbmsg
