// Package pages measures how long the pages of portal and console take at a centre of a chamber whose companies have a year
// behind them.
package pages
