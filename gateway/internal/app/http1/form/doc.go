// Package form takes the files out of uploads (multipart/form-data, RFC 7578) and the
// parameters out of header values.
//
// A [Reader] is pushed any cut of a body and keeps what may be the beginning of a
// border and one header line. Readers of HTTP call it.
package form
