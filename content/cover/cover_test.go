package cover_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"otasuke/content/cover"
	"otasuke/content/offer"
	"otasuke/internal/ja"
)

const good = "id = \"2026-10\"\nfrom = \"2026-10-01\"\nuntil = \"2027-03-31\"\nsource = \"x\"\nyen = 50000\ntimes = 1\nstars = 3\nwithin_days = 30\n[[covers]]\nja = \"あ\"\nen = \"a\"\n[[not_covered]]\nja = \"い\"\nen = \"b\"\n"

// Who signed keeps the terms of that day.
func TestTheVersionThatWasSigned(t *testing.T) {
	t.Parallel()
	next := strings.NewReplacer("2026-10", "2027-04", "2027-03-31", "", "50000", "100000").Replace(good)
	b, err := cover.Read(fstest.MapFS{"2026-10.toml": {Data: []byte(good)}, "2027-04.toml": {Data: []byte(next)}})
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]int{"2026-01-01": 50_000, "2027-03-31": 50_000, "2027-04-01": 100_000} {
		at, err := time.ParseInLocation(time.DateOnly, day, ja.Zone)
		if err != nil {
			t.Fatal(err)
		}
		if v := b.On(at); v.Yen != want {
			t.Errorf("%s: %d yen", day, v.Yen)
		}
	}
	if _, ok := b.Get("2025-01"); ok {
		t.Error("a version that never was")
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][2]string{"cap": {"yen = 50000", "yen = 0"}, "times": {"times = 1", "times = 0"}, "stars": {"stars = 3", "stars = 4"}, "unknown key": {"times = 1", "times = 1\nextra = 1"}, "id": {"id = \"2026-10\"", "id = \"x\""},
		"dates": {"2027-03-31", "2026-03-31"}, "from": {"from = \"2026-10-01\"", "from = \"soon\""}, "language": {"en = \"b\"", "en = \"\""}, "source": {"source = \"x\"", "source = \"\""}} {
		if _, err := cover.Read(fstest.MapFS{"2026-10.toml": {Data: []byte(strings.Replace(good, change[0], change[1], 1))}}); !errors.Is(err, cover.ErrCover) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := cover.Load(); err != nil || b[0].Yen != 50_000 || b[0].Times != 1 {
		t.Errorf("what is built in: %+v, %v", b, err)
	}
}

// What is promised at the offer is what is insured: for each day on which somebody can sign, both say the same.
func TestTheOfferPromisesWhatIsInsured(t *testing.T) {
	t.Parallel()
	b, err := cover.Load()
	if err != nil {
		t.Fatal(err)
	}
	offers, err := offer.Load()
	if err != nil {
		t.Fatal(err)
	}
	days := []string{}
	for i := range b {
		days = append(days, b[i].From)
	}
	for i := range offers.Versions {
		days = append(days, offers.Versions[i].From)
	}
	for _, day := range days { // on no other day does either change
		at, err := time.ParseInLocation(time.DateOnly, day, ja.Zone)
		if err != nil {
			t.Fatal(err)
		}
		o, open := offers.On(at)
		if v := b.On(at); open && (o.Cover != offer.Cover{Yen: v.Yen, Times: v.Times, Stars: v.Stars, By: v.Insurer}) {
			t.Errorf("who signs on %s is promised %+v, and insured by terms %s with %d yen, %d times, %d stars, %q", day, o.Cover, v.ID, v.Yen, v.Times, v.Stars, v.Insurer)
		}
	}
}
