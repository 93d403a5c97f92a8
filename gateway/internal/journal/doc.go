// Package journal keeps records on disk until the centre has them.
//
// Layout of a journal folder:
//
//	00000000000000000001.seg   records; the name is the number of its first record
//	acked                      the number of the last acknowledged record, as text
//
// A record is its length (4 bytes), a CRC-32C of the data (4 bytes) and the data.
// A crash can leave a torn record only at the end of the newest segment; it is cut
// off on opening; a damaged record with whole ones behind it keeps its number and
// reads as nil. Append returns after the data is on the disk. When the budget is
// spent the oldest segment goes first, and what was lost is counted, never silent.
package journal
