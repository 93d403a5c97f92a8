// Package option reads the options of a rule that stand for themselves: bits and counters,
// thresholds, reputations, countries. What concerns contents and buffers is in rule/parse.
// Each function takes the keyword's value and fills in the rule. Pure; used by rule/parse.
package option
