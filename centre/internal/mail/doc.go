// Package mail hands one finished message to the provider's SMTP server.
//
// A message goes to one person, in UTF-8, with a plain-text part that is complete
// by itself and an HTML twin, signed with DKIM when a key is configured, and before with S/MIME when there is a
// certificate of the sender's address. The
// Message-ID is the caller's: it is the same when a send is repeated, so that a
// message that arrived twice is shown once, and updates can refer to it.
//
// [Sender.Send] tells errors apart: [ErrTemporary] is worth another try,
// [ErrPermanent] means that this address or this message was refused for good,
// [ErrMessage] that the message was never offered because it is not well formed.
// A header can never be injected: every header value with a control character is
// refused before the connection is opened.
//
// Callers: notify, desk. What to say and to whom is theirs; this package knows no alert.
package mail
