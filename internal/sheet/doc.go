// Package sheet writes tables that people open in a spreadsheet (RFC 4180).
package sheet
