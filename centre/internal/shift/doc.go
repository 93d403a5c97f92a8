// Package shift is how the staff of the centre take turns, every hour of the year: notes from one shift to the next with
// the points that are still open, and the rota that says who is on duty.
//
// Rules: a note is never changed; who has read it says so, once. A point stays open, whatever shift it came from, until
// somebody says that it is done. Times of one person do not overlap; of several they may. A turn changes hands only when
// both agree. When nobody has opened a case of ★★★ for hours, whoever is on duty is told, once; when nobody is, everybody.
//
// All rows are the house's. Level 4; the console's pages write, the notifier tells.
package shift
