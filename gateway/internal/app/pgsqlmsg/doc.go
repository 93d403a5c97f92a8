// Package pgsqlmsg reads PostgreSQL's protocol, version 3 (PostgreSQL documentation,
// chapter "Frontend/Backend Protocol").
//
// A transaction is what the client asks with all that the server answers, up to the next
// question. When the server accepts encryption the conversation becomes another. Data of
// rows and copies are counted, not kept. Memory is bounded by the Max constants. Used by
// the engine.
//
// Pure: no goroutine, clock or I/O.
package pgsqlmsg
