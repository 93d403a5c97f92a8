// Package access is the page that says how well everybody can use the pages (statement of WCAG 2.2 and JIS X 8341-3), and whom to
// tell when somebody cannot.
//
// Level 6, part of both faces.
package access
