package talk

import "strings"

// Sections splits a file in txtar form: the text behind each line
// "-- name --", by name. What stands before the first is a remark.
func Sections(text string) map[string]string {
	out := map[string]string{}
	name, inside := "", false
	for line := range strings.Lines(text) {
		trimmed := strings.TrimRight(line, "\r\n")
		if after, ok := strings.CutPrefix(trimmed, "-- "); ok && strings.HasSuffix(after, " --") {
			name, inside = strings.TrimSpace(strings.TrimSuffix(after, " --")), true
			out[name] += ""
			continue
		}
		if inside {
			out[name] += line
		}
	}
	return out
}
