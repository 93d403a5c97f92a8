// Package news is what the centre tells its customers by itself: warnings, announcements, seminars and offers.
//
//	draft → (asked → another looks) → scheduled → sent
//	  └ dropped
//
// What a source announces (bulletin) becomes a draft and never a mail by itself. A draft is changed under its revision, so that
// nobody sends what another has just changed, and two who press the button send it once.
//
// Sending is two steps, each of which may die and run again: [Service.HandleSpread] writes down per company what it gets and
// which address is mailed, once by the primary key; [Service.HandleMail] sends one mail and keeps what the server said. A
// process that dies between the server's yes and our note leaves "trying" behind: a warning or a word about a seat goes out again with the
// same Message-ID, which mail programs show once; a promotion does not, and the desk sees that nobody knows.
//
// Warnings and announcements are part of the service: a company chooses who gets them, and somebody always does. Seminars and
// offers are promotion (特定電子メール法): each carries who sends it and a way to end them that needs no login.
//
// Names and addresses of those who take a seat lie with their company; who has a seat lies with the centre, in one place, so
// that the last one goes to one.
//
// Level 5.
package news
