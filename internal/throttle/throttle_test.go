package throttle

import (
	"fmt"
	"testing"
	"time"

	"otasuke/internal/clock"
)

func TestTake(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(time.Unix(1_800_000_000, 0))
	l := New(Config{Burst: 3, Every: time.Minute, Clock: c})
	take := func(key string, want bool) {
		t.Helper()
		if wait, ok := l.Take(key); ok != want || (!ok && wait <= 0) {
			t.Errorf("Take(%q) = %v, %v; want %v", key, wait, ok, want)
		}
	}
	for range 3 {
		take("a", true)
	}
	take("a", false)
	take("b", true)
	wait, _ := l.Take("a")
	c.Advance(wait)
	take("a", true)
	take("a", false)
	l.Forgive("a")
	take("a", true)
	c.Advance(time.Hour)
	for range 3 {
		take("a", true)
	}
	take("a", false)
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	l := New(Config{Burst: 1, Every: time.Hour, Clock: clock.NewFake(time.Unix(1, 0))})
	for i := range MaxKeys + 1000 {
		l.Take(fmt.Sprint(i))
	}
	if len(l.full) > MaxKeys {
		t.Errorf("%d keys held, want at most %d", len(l.full), MaxKeys)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	f := func(in, want string) {
		t.Helper()
		if got := Address(in); got != want {
			t.Errorf("Address(%q) = %q, want %q", in, got, want)
		}
	}
	f("203.0.113.7:5555", "203.0.113.7")
	f("203.0.113.7", "203.0.113.7")
	f("[::ffff:203.0.113.7]:1", "203.0.113.7")
	f("[2001:db8:1:2:3::4]:80", "2001:db8:1:2::/64")
	f("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64")
	f("fe80::1%eth0", "fe80::/64")
	f("@", "@")
}
