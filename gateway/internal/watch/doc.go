// Package watch keeps the files of conversations while a scanner looks at them, and the
// packets that wait for its answer.
//
// Whoever has all bytes of a file has the file, so its last bytes wait: those behind which
// it ends, and where no end is announced those behind which nothing more comes for a moment.
// Mail never waits and is never stopped, it is only reported. An infected part could be
// replaced by a text on its way; that would break the numbers of the connection and the
// signatures of the mail, and is left for later.
//
// It decides nothing and sends nothing. Only the engine calls it, each worker for its own
// conversations.
package watch
