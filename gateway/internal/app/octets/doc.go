// Package octets reads binary messages: [Cursor] walks over the bytes of one, [Buffer]
// collects bytes of a stream until a message is whole.
//
// A cursor that was asked for more than there is stays failed and gives zeros, so a
// message is read first and judged once. Readers of protocols call it.
//
// Pure: no goroutine, clock or I/O.
package octets
