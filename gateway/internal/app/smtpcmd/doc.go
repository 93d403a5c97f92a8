// Package smtpcmd reads SMTP conversations (RFC 5321) as they pass: commands and
// replies, pipelining (RFC 2920), STARTTLS (RFC 3207), BDAT (RFC 3030) and, through
// package mimemsg, the messages with their attachments.
//
// A transaction is one message: it begins with the first command and ends with the
// dot that ends the message, with an accepted RSET, or with the conversation. A command
// behind it begins the next. What a receiver could not read either (a reply without a
// known code, missing bytes) ends the reading. Used by the engine.
//
// Pure: no goroutine, clock or I/O.
package smtpcmd
