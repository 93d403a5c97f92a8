// Package statistics is the public page of what was seen in a month, for everybody, to be embedded by the provider's own
// site, and as data. It sets no cookie and loads nothing from elsewhere.
//
// Level 6, part of the portal.
package statistics
