// Package fleetmap is the console's map of the boxes: one tile for each of the 47 prefectures, with the worst state of
// its boxes as colour and sign, and the same as a table. A box stands where its site's address says, else where the
// contract of its company does, else in its company's prefecture.
//
// Level 6, part of the console.
package fleetmap
