// Package outward calls addresses that somebody else chose: only into the internet, whatever their names lead to.
//
// What counts is the address that is dialled, after the name was looked up; a proxy of the environment is not used.
package outward
