// Package letter reads a mail that somebody sent to the desk: who, about what, in which thread, its text, its files.
//
// Everything in a mail is what its sender wants it to be. [Read] never fails: what cannot be taken apart comes as text, what is
// beyond a limit is cut and said to be. Headers come without control characters, texts as valid UTF-8; HTML comes as text
// alone. Nothing here is proof of who wrote.
package letter
