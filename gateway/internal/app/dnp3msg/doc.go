// Package dnp3msg reads DNP3 (IEEE 1815) over TCP and UDP: link frames, the transport
// function that puts fragments together, and the application's objects.
//
// A transaction is one application message. The numbers of dnp3_obj are group<<8 |
// variation, those of dnp3_ind the first octet of indications <<8 | the second. Points are
// counted and passed over by their size; objects whose size is not known end the reading of
// a message. Memory is bounded by [MaxMessage]. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package dnp3msg
