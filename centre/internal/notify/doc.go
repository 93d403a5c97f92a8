// Package notify tells people about an alert by mail.
//
// The rules of this room:
//
//   - ★☆☆ is never a mail. A closed alert is never a mail.
//   - ★★★ goes to the owner in any case and to everybody who has mails on; ★★☆
//     to everybody who has mails on.
//   - Each person gets one mail about an alert, and one more each time it became
//     worse (more stars, something got through, back after it was dealt with),
//     in one thread. Several such steps before a mail goes out are one mail.
//   - A row of the table delivery is written before the server is spoken to and
//     completed afterwards. A retried job skips what was sent; a process that
//     died between the two sends once more, with the same Message-ID, and then
//     gives up and says so.
//   - Temporary trouble is an error of the job, which comes again; an address
//     that is refused for good is marked "bounced" and does not hold up others.
//   - A request that something was blocked wrongly is told to the staff who have mails
//     on, else to all; its answer to the owner, to everybody who has mails on, and to
//     who asked. Each person is a job of their own; these mails need no answer.
//   - What customers say to the desk is told to who has the ticket, else to all who work there:
//     once a ticket and hour at most, not to who wrote it down, not once it is answered.
//   - An invitation goes to who is invited only, without the pass phrase. A recovery goes
//     to who cannot log in and to all owners; the links are made when the mail is, and no
//     token is kept. What became of a login is told to its person.
//   - The words come from knowledge and the catalogue; nothing must be clicked
//     to be safe, and the plain-text part is complete by itself.
//
// Level 4. The façade registers [Notifier.Handle] for jobs of the kind [alert.KindNotify];
// the console reads [Notifier.Deliveries].
package notify
