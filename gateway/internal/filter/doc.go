// Package filter answers one question: may this device reach this name, this page or
// this address?
//
// A [Builder] gathers the entries of all lists, [Lists] answers and never changes: who
// wants other lists builds new ones and swaps them in. Every entry but a network is a
// 64-bit hash in one table, with the number of the set of lists that have it. Two of
// five million entries and a name asked for share a hash once in 10^12 questions, which is
// rarer than a wrong entry in any list. The hash has a secret of the process: nobody can
// make a name, have it listed and so block somebody else's.
//
// What counts, from the first: the company's own denial, its permission, a list that
// blocks, a list that only reports. Of names, the longest that is listed is told. An
// exception inside a list concerns this list alone: else whoever writes one list could
// open what the others close.
//
// No lookup allocates, but for names that are not ASCII. Callers: sites, listfile, gateway.
package filter
