// Package export gives a company everything that the centre has of it, in one ZIP file: every table as JSON, the tables
// that people want in a spreadsheet, reports in words, the audit log, and the hashes of all of it. The file is written as
// it is read, never whole in memory, as everything was at one moment. What the owner asked for lies in the database in
// parts, where every process finds it, for a week.
//
// It walks the tables that the database has. One that [Rules] does not know fails a test, not an export: it is exported whole.
package export
