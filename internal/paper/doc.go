// Package paper sets documents on A4 as PDF: text with Japanese line breaking, tables, boxes,
// simple charts, seal boxes and QR codes, with embedded fonts of which only the used glyphs are
// in the file, so that text can be searched, copied and read aloud.
//
// A document is data ([Document]); [Press.Print] is a pure function of it and of the fonts: the
// same document gives the same bytes, and no clock is read. What a font cannot show becomes 〓,
// and texts are cut at [MaxRunes]: hostile strings cost little and break nothing.
//
// Lengths are millimetres, sizes of type are points.
package paper
