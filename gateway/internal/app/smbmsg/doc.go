// Package smbmsg reads SMB conversations as they pass: SMB1 (MS-CIFS, MS-SMB), SMB2 and
// SMB3 (MS-SMB2), the files that they carry and, through package dcerpc, the remote
// procedure calls in their named pipes.
//
// A transaction is a command with its answer. Reads and writes are none: all of what one
// side transfers of an open file is one, and so is a remote procedure call. Files are
// given on as they pass, in the order of their bytes as far as [MaxQueued] allows.
// Encrypted and compressed messages are passed over.
//
// Behind missing bytes reading goes on at the next message. Memory is bounded by the Max
// constants. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package smbmsg
