// Package parcel is the staff's pages about boxes as things: what has to go out, with labels for the carrier; the shelf;
// each thing's life; spares and returns.
//
// Level 6, part of the console.
package parcel
