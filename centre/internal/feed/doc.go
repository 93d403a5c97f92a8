// Package feed fetches public rule sets, lists and signatures from the addresses in the
// configuration, makes bundles of them, tries those and lets them out as releases.
//
// What was fetched last with success is kept in a folder for each source, so one that is away,
// broken or suddenly half as large changes nothing. Sources are never trusted: sizes and numbers
// of files are bounded, names are flattened, and a bundle is tried by the program that boxes run
// before any of them hears of it.
package feed
