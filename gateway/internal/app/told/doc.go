// Package told helps to test readers: [Log] is an [app.Sink] that writes down what a
// reader tells, and [Talk] a conversation to give to it, whole or cut.
//
// Only tests call it.
//
// Pure: no goroutine, clock or I/O.
package told
