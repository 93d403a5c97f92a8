// Package cover is the pages about the insurance of the first response: what is left and why for the customer; claims, their papers
// and the insurer's decision for the staff.
//
// Level 6, part of the portal and the console.
package cover
