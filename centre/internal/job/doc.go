// Package job does work later, and again when it failed: mails, reports, checks
// that are due at a certain time.
//
// [Enqueue] puts a job into the caller's own transaction, so that a fact and the
// work that follows from it are kept or lost together. A [Queue] runs jobs with
// the handlers given to it, at least once each: a handler that was cut off by a
// crash runs again, so it must be able to run twice. The queue is one table in
// the store, the same on both engines, and several centre processes may work on
// it. Jobs of one tenant cannot crowd out those of the others, nor mails to everybody
// what is urgent.
//
// Any domain may enqueue; the façade makes the Queue and registers handlers.
package job
