// Package ui is what the pages of the centre have in common: design tokens and
// layout, typed parts that templates show (charts, badges), serving of static
// files under names that contain their content's hash, security headers, the
// language of a request, and the session of a browser.
//
// Invariants: nothing is loaded from elsewhere and no script or style is inline
// (the content security policy forbids both); every page works without script;
// what was written into a form and has not arrived stays in its tab (assets/draft.js);
// every POST is from our own pages (origin check for all, the session's form
// token where there is a session); text comes from the catalogue only.
//
// Faces (portal, console) use it; nothing below does.
package ui
