// Package wanted keeps what a company wants of its box (wire.Policy), as the centre has said it last: over restarts and
// while the centre is away, and one that does not do never takes the place of one that did.
//
// The file in the state folder is written whole or not at all, after the policy was tried. The engine reads it by itself at
// its start and when it is told to, and says which it goes by: only then the centre hears that it is in force.
//
// Callers: settings, gateway.
package wanted
