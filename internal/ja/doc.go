// Package ja writes dates, times, spans and numbers the way people in Japan read
// them, with an English twin of each for foreign staff.
//
// Times come in as UTC (or any zone) and are always shown in Japan time: every
// company and every operator of the service works there. Languages are the two
// codes [Japanese] and [English]; anything else is treated as Japanese, which is
// the language of the service. The package is pure and free of domain words;
// anyone may call it.
package ja
