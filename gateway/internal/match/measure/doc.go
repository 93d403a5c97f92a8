// Package measure answers what the rarer keywords ask of a buffer: values in BER that are
// built to overflow their readers (asn1), messages of Modbus, entropy, lists and tuples of numbers.
//
// All is bounded: at most [maxValues] values are walked, and nothing recurses. Only package
// match uses it.
package measure
