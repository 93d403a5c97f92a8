// Package desk is what the consultation desk knows, as data: when it is open and how soon it answers, in dated
// versions; the public holidays of Japan; texts that are ready to answer with; and what public desks want to hear, to whom a case
// is handed over.
//
// Holidays are those that the Cabinet Office has published or that follow from the law; the two equinoxes of a year
// are certain from the February before it. A provider puts hours of its own in the place of [Load]'s ([Read]).
package desk
