// Package retention deletes, each night, what has been kept for as long as the configuration says. Every kind of data
// stands in one list, [Kinds], with how long it is kept when nobody says otherwise. Some rooms let theirs go sooner by
// themselves; their bound is the most that can be configured here.
package retention
