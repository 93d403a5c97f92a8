// Package words is what an operator types, as people read it: paragraphs, headings, lists and addresses, and no other markup; and a
// meeting as calendars take it (RFC 5545).
//
// Pure. Part of level 5; news and its pages call it.
package words
