package ja

import "strconv"

// Size writes bytes with three digits or less.
func Size[T ~int64 | ~uint64](n T) string {
	units := []string{"KB", "MB", "GB", "TB"}
	f, u := float64(n)/1000, 0
	for f >= 999.5 && u < len(units)-1 {
		f, u = f/1000, u+1
	}
	switch {
	case n == 0:
		return "0"
	case f < 0.1:
		f = 0.1
	}
	digits := 0
	if f < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(f, 'f', digits, 64) + " " + units[u]
}
