// Package flowlog keeps the traffic log of an office on the box: who talked to whom in the
// last months, searchable in less than a second, on a disk budget.
//
// Layout of its folder:
//
//	new/                                   a journal of the rows that no segment has yet
//	FROM-TO-SEQ-SUM.parquet                a segment: up to 131,072 rows, by name, device and time
//
// FROM and TO are the first start and the last end of its rows in seconds since 1970, SEQ
// is the number of the last journal record in it, SUM the CRC-32C of its footer. A segment is whole or absent; rows that
// the journal still has when one with their number is there are not taken twice. Segments
// are Apache Parquet: any tool that reads it may look into them
// (docs/adr/0011-traffic-log-in-parquet.md has why and the figures).
//
// Callers: gateway.
package flowlog
