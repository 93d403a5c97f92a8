// Package entry reads what people in Japan type into forms: full-width digits, any of
// the dashes, small and half-width kana, numbers with check digits. What it gives back has
// one form, so that it can be compared, printed and searched. Pure functions.
package entry
