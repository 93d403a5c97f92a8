// Package ftpcmd reads FTP control conversations (RFC 959, RFC 2428 for EPRT and
// EPSV) and the data conversations that they announce.
//
// A transaction is a command with its replies, preliminary ones included; the
// greeting is one without a command. A command that opens a data conversation announces
// it with its file's name. Replies of several lines end as RFC 959 section 4.2 says.
//
// Memory is bounded by the Max constants. Used by the engine: [New] for the control
// conversation, [NewData] for one that was announced.
//
// Pure: no goroutine, clock or I/O.
package ftpcmd
