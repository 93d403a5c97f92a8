package store

import (
	"strconv"
	"strings"
)

// pieces are how many rows one statement takes: few lengths, so that their texts stay prepared.
var pieces = [...]int{64, 16, 4, 1}

// Several calls fn with all, piece by piece, in the order in which they are: what each piece is written or read by is one
// statement, which is one way to PostgreSQL and back.
func Several[T any](all []T, fn func(piece []T) error) error {
	for _, n := range pieces {
		for len(all) >= n {
			if err := fn(all[:n]); err != nil {
				return err
			}
			all = all[n:]
		}
	}
	return nil
}

// Values is "($1, $2, $3), ($1, $4, $5)" for rows of so many columns, the first of which is the tenant.
func Values(rows, columns int) string {
	var b strings.Builder
	for i, next := 0, 2; i < rows; i++ {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("($1")
		for range columns - 1 {
			b.WriteString(", $" + strconv.Itoa(next))
			next++
		}
		b.WriteByte(')')
	}
	return b.String()
}
