// Package settings is the configuration of a box: what its file may say, defaults and checks,
// and how the rules, lists and applications that it and the bundles name are read.
package settings
