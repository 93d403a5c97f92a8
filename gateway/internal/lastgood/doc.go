// Package lastgood keeps copies of files from when they were good, so that a box goes on judging by
// them when a download broke them, somebody saved half of one, or they are gone.
//
// Invariants: a copy is whole or not there, also after a power cut; only what was good is copied;
// a copy of a file that is named no more goes ([Folder.Prune]). The engine calls it, from one
// goroutine at a time.
package lastgood
