// Package turn keeps the transactions of a conversation: those that wait for their
// answer, and the memory of those that are over for the next.
//
// A transaction given to [List.Close] or [List.Drop] may be used again and must not be
// touched any more; those with files are given to [List.Forget], because files outlive
// them. The number of open transactions is for the reader to bound ([List.Open]).
// Readers of protocols call it.
//
// Pure: no goroutine, clock or I/O.
package turn
