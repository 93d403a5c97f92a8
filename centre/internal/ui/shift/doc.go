// Package shift is the console's pages of the staff's turns: what one shift tells the next, with points that stay open
// until they are done, and the rota by week and month with its gaps, the public holidays and swaps.
//
// Level 6, part of the console.
package shift
