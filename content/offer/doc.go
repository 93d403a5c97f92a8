// Package offer is what a provider offers, as data: prices, rules of billing, terms and what is
// consented to, in dated versions, and the limits that the scheme of the country sets to it. Customers keep the version
// that they signed; a new one is a new file and changes no old one.
//
// The versions built in are those of the service that this is modelled on, with terms in our own words. A provider
// puts its own beside them in a folder ([Read]).
package offer
