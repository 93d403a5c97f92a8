// Package policy is the pages about what companies want of their boxes: templates and companies in the console, the own
// company in the portal. A form shows what counts; what differs from the template is worked out from what comes back.
//
// Level 6, part of the portal and of the console.
package policy
