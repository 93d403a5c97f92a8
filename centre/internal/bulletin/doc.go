// Package bulletin reads what agencies and makers announce: RSS 2.0, RSS 1.0 and Atom, the same with the fields of JVNRSS
// and MyJVN, and the catalogue of known exploited vulnerabilities of CISA.
//
// [Read] is pure: bytes of a stranger → items, bounded in every way; nothing outside of a reply is ever read for it. [Client]
// fetches one source with what is known from last time.
//
// Level 3: news makes drafts of the items. Nothing here reaches a customer.
package bulletin
