// Package modbusmsg reads Modbus over TCP (Modbus application protocol V1.1b3, messaging
// on TCP/IP V1.0b).
//
// A transaction is a request with its response. A value of the buffer modbus is seven
// numbers of 8 bytes: unit, function, sub-function, kind of access ([Read] or [Write]),
// table ([Coils] and so on), first address and number of addresses; [None] stands for
// what a request does not have. The bytes that a message writes follow. Memory is bounded by the size of a message, 260 bytes, and
// [MaxTx]. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package modbusmsg
