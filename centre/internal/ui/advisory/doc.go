// Package advisory has the pages of advisories: in the portal what concerns a company's devices, the one question and "done"; in
// the console what there is, whom it would concern, publishing, taking back, and who is still open.
//
// Level 6, part of both faces.
package advisory
