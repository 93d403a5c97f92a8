// Package devices knows what tells the kind, operating system and maker of a device in an
// office, and until when operating systems get updates: short patterns with the source of
// each, all of them facts that makers or standards publish.
//
// What the box hears is compared in [Set.Of]; the words for people stand here, too.
package devices
