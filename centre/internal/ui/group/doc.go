// Package group is the portal's pages of a company that others let look: all of them at a glance, one of them, and for
// those others what is seen of them.
//
// Level 6, part of the portal.
package group
