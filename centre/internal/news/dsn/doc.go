// Package dsn reads delivery status notifications (RFC 3464) within their reports (RFC 6522): which mail did not arrive, at whom,
// and why. What is none is told apart; nothing is believed beyond what it says.
//
// Part of level 5; news calls it.
package dsn
