// Package desk is the consultation desk in pages: customers ask and read answers in the portal; the staff has its
// queue, finds who is on the telephone, notes while talking, answers and hands over.
//
// Level 6, part of both faces.
package desk
