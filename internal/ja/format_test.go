package ja

import (
	"testing"
	"time"
)

func TestDatesAreShownInJapanTime(t *testing.T) {
	t.Parallel()
	// 05:05 UTC on Saturday is 14:05 in Japan.
	at := time.Date(2026, 11, 21, 5, 5, 21, 0, time.UTC)
	// 16:00 UTC on New Year's Eve is already the new year in Japan.
	eve := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC)
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(Short(at, Japanese), "11月21日(土) 14:05")
	f(Long(at, Japanese), "2026年11月21日(土) 14:05")
	f(Short(at, English), "Sat 21 Nov, 14:05")
	f(Long(at, English), "Sat 21 Nov 2026, 14:05")
	f(MonthDay(eve, Japanese), "1月1日")
	f(MonthDay(eve, English), "1 Jan")
	f(Technical(at), "2026-11-21 14:05:21 JST")
	f(Long(eve, Japanese), "2027年1月1日(金) 01:00")
	f(Long(eve, English), "Fri 1 Jan 2027, 01:00")
	f(Midnight(eve).Format(time.RFC3339), "2027-01-01T00:00:00+09:00")
}

func TestNumbersHaveSeparators(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1204113: "1,204,113", -1234: "-1,234", 100000: "100,000"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Number(^uint64(0)); got != "18,446,744,073,709,551,615" {
		t.Errorf("largest uint64: %q", got)
	}
}

func TestSpansUseOneUnit(t *testing.T) {
	t.Parallel()
	f := func(d time.Duration, wantJa, wantEn string) {
		t.Helper()
		if got := Span(d, Japanese); got != wantJa {
			t.Errorf("Span(%v, ja) = %q, want %q", d, got, wantJa)
		}
		if got := Span(d, English); got != wantEn {
			t.Errorf("Span(%v, en) = %q, want %q", d, got, wantEn)
		}
	}
	f(10*time.Second, "1分", "1 min")
	f(59*time.Minute, "59分", "59 min")
	f(-2*time.Hour, "2時間", "2 h")
	f(47*time.Hour, "47時間", "47 h")
	f(72*time.Hour, "3日", "3 days")
}

func TestUnknownLanguagesBecomeJapanese(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"en": "en", "en-GB": "en", "EN_us": "en", "ja": "ja", "": "ja", "vi": "ja"} {
		if got := Lang(in); got != want {
			t.Errorf("Lang(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCaseNumberReadsInTwoGroups(t *testing.T) {
	t.Parallel()
	if got := CaseNumber("482913"); got != "482 913" {
		t.Errorf("got %q", got)
	}
	if got := CaseNumber("12"); got != "12" {
		t.Errorf("a strange number must stay as it is: %q", got)
	}
}

func TestSizesHaveThreeDigitsOrLess(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 1: "0.1 KB", 999: "1.0 KB", 12_345: "12 KB", 999_499: "999 KB", 999_500: "1.0 MB", 5_000_000_000_000_000: "5000 TB"} {
		if got := Size(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}
