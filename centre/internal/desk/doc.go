// Package desk is the consultation desk: what somebody asked by telephone, mail or in the portal, what was said
// since, and what became of it.
//
//	new → answered → closed, with the reason
//	 ↑    waiting (for the customer) ┘
//	 └ whatever the customer says brings it back to new
//
// A ticket belongs to the company of who asked, or to the centre itself while that is a stranger. When its first answer is due and
// how long it took are counted in opening hours (content/desk).
//
// Somebody of the staff can have a ticket; of two who take one, one gets it. What is said is told to them, or to all, by notify ([KindTell]). A
// stranger's ticket can go to a company ([Service.Move]): what stays behind is empty and leads on.
//
// A mail is kept as it came before anybody is told that it was taken, and until what is in it lies in a ticket: [Service.Take],
// then [Service.HandleRead]. Either may be done again at any point; the same mail twice is one. Who sent a mail is not
// proven by it: a sender's address finds the company and is shown as "by this address", gives no right, and answers go only
// to the address with which the ticket began.
//
// Level 4.
package desk
