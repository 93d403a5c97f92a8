// Package watch keeps the files of conversations while a scanner looks at them, and the
// packets that wait for its answer.
//
// Whoever has all bytes of a file has the file, so its last bytes wait: those behind which
// it ends, and where no end is announced those behind which nothing more comes for a moment.
// Mail is never stopped: where its parts can be replaced (package redact) the end of a part
// waits, else it is only reported.
//
// It decides nothing and sends nothing. Only the engine calls it, each worker for its own
// conversations.
package watch
