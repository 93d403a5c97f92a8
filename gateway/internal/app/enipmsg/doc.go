// Package enipmsg reads EtherNet/IP with the Common Industrial Protocol in it (ODVA
// volumes 1 and 2), over TCP and UDP.
//
// A transaction is a message of the client with its answer. The values of cip_service are
// the service, and of a request its class and an attribute, 8 bytes each. Memory is
// bounded by the size of a message, 64 KiB, and the Max constants. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package enipmsg
