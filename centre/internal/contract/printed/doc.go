// Package printed is what goes along with a contract on paper: the application form with its seal box, the sheet
// that lies in the parcel, and the notice to those who work behind a box.
//
// Pure functions of what they print. Part of level 4; the pages call it.
package printed
