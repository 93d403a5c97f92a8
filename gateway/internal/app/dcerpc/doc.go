// Package dcerpc reads remote procedure calls of DCE/RPC (C706, MS-RPCE): connection
// oriented PDUs over TCP and named pipes, and connectionless ones over UDP.
//
// A transaction is a call: a request and its answer with the same call id, the stub
// data of all their fragments put together; binding and altering contexts are
// transactions too. [Conn] reads TCP, [Datagrams] UDP; package smbmsg reads the PDUs of
// named pipes through [Assoc].
//
// The value of the buffer dcerpc.iface is made by [Interface.Value]; it is there in
// requests whose context the server accepted. Memory is bounded by the Max constants.
//
// Pure: no goroutine, clock or I/O.
package dcerpc
