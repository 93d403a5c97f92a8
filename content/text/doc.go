// Package text is the one catalogue of what people read in mails and pages, in
// Japanese and English side by side under data/. Go code and templates name keys
// and hold no sentence of their own; what belongs to a kind of threat is in
// content/families instead.
//
// Keys are "file.name". A text may have holes written {name}. An English text that
// reads differently for one thing has a twin "one", chosen when the hole {n} is 1.
// A key that is missing in a language fails [Load]; a key that nobody defined is
// shown as itself, and the users' tests look for that with [Used].
package text
