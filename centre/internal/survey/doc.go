// Package survey carries a questionnaire of one company to those that let it look ([tenant.Share]), reminds them, and brings
// their answers back.
//
// The asking company keeps what it asked and the answers that were sent to it; each asked company keeps what it was asked
// and what it has written so far. Nothing is read across: questions and answers travel as jobs, each in the transaction of the
// company that it is of. An answer that was sent stays with whom it was sent to, as a letter does, although the share may end.
//
// Level 4.
package survey
