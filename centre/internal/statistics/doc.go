// Package statistics is what a provider can publish of a month: how often companies were attacked, by prefecture and
// industry and size, and by what. It is made once a month from the reports that were kept, and never changes afterwards.
//
// Nobody can be told from it. A cell has ten companies at least, none of which has more than a quarter of its sum; figures are
// averages and middles to two digits, never sums; how many companies a cell has is said in tens; and where exactly one cell of a
// table would be hidden the smallest of the others is hidden with it, so that nothing comes out by subtracting. Companies that
// do not want to be counted are not.
//
// Level 5.
package statistics
