// Package dispatch sends somebody: from the desk's wish over offers to local IT vendors, the nearest first and each with a
// deadline, to the visit, its report with photos and the customer's signature, and the follow-up until the cause is fixed.
//
// A vendor has no account. The mail with an offer holds a secret link, of which only the hash is kept; by it the vendor sees
// what this visit needs, and nothing [Sight] after it ended. A visit whose cause is not known is closed by a decision that has a name
// and a reason, never by itself.
//
// Vendors are the centre's own rows, visits those of their company. Level 4.
package dispatch
