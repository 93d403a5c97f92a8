// Package news is the pages about news: the editor, attendance and addresses for the staff; the archive, seats and choices for
// customers; and what the links in mails open, without login: seats, and the way out of promotions.
//
// Level 6, part of both faces.
package news
