// Package misfire keeps a rule that is wrong from waking everybody: one that suddenly fires at many
// companies, or that people at several companies called wrong, is held. What it finds is still written down,
// but nobody gets a mail until somebody of the staff releases the rule, which sends what waited, or withdraws
// it, which closes its alerts and tells who had been told.
package misfire
