package desk

import (
	"slices"
	"strings"
	"time"

	"otasuke/internal/ja"
)

// Line says the hours that count at a time, with the words of a language: 平日 9:00〜17:30. A desk that never shuts says so.
func (b *Book) Line(at time.Time, t func(key string, pairs ...any) string) string {
	h := b.on(at.In(ja.Zone).Format(time.DateOnly))
	if h == nil {
		return t("common.hours")
	}
	days := slices.Sorted(slices.Values(h.Days))
	days = slices.Compact(days)
	daily := len(days) == 7
	if daily && h.Holidays && len(h.Closed) == 0 && h.open == 0 && h.close == 24*time.Hour {
		return t("common.hours")
	}
	said := []any{"open", strings.TrimPrefix(h.Open, "0"), "close", strings.TrimPrefix(h.Close, "0")}
	switch {
	case daily:
		return t("common.hours_daily", said...)
	case slices.Equal(days, []int{1, 2, 3, 4, 5}) && !h.Holidays:
		return t("common.hours_weekdays", said...)
	}
	names := make([]string, len(days))
	for i, d := range days {
		names[i] = t("common.weekday_" + string(rune('0'+d)))
	}
	return t("common.hours_days", append(said, "days", strings.Join(names, t("common.hours_and")))...)
}
