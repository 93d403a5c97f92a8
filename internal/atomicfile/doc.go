// Package atomicfile replaces a file in one step: a reader, or the next start
// after a power cut, finds the old contents or the new ones and never a mixture.
//
// Anyone may use it for keys, state and settings. It is not for logs.
package atomicfile
