// Package content is the door of what the service knows: data with its own
// tests, one package for each kind, embedded into the program.
//
// Nothing here behaves; a package offers its files and, where that helps,
// reads them. Any part of the product may import the packages below; they
// import nothing of the product except the packages that read their format.
package content
