// Package attach keeps files that people send: signed forms, photos, invoices. A file belongs
// to one company, is bounded, is of a kind that was asked for by what its bytes say, and lies in the database in pieces, so
// that it is where every process finds it, in every backup, and goes with its company.
//
// Nothing of a file is interpreted here. Who shows one sends [Headers] with it, so that a browser
// runs nothing in it.
//
// Level 3.
package attach
