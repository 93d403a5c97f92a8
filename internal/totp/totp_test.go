package totp_test

import (
	"strings"
	"testing"
	"time"

	"otasuke/internal/totp"
)

// secret of RFC 6238 appendix B (SHA-1).
var secret = []byte("12345678901234567890")

// The table of RFC 6238 appendix B; its codes have eight digits, ours are the last six.
func TestCodesOfTheRFC(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130"} {
		if got := totp.Code(secret, totp.Step(time.Unix(at, 0))); got != want[2:] {
			t.Errorf("at %d: %s, want %s", at, got, want[2:])
		}
	}
}

func TestACodeIsTakenOnceAndForAMinute(t *testing.T) {
	t.Parallel()
	now := time.Unix(1234567890, 0)
	code := totp.Code(secret, totp.Step(now))
	f := func(code string, at time.Time, after int64, want bool) {
		t.Helper()
		if _, got := totp.Check(secret, code, at, after); got != want {
			t.Errorf("%q at %v after %d: %v", code, at.Sub(now), after, got)
		}
	}
	f(code, now, 0, true)
	f(code[:3]+" "+code[3:], now, 0, true)
	f(strings.Map(func(r rune) rune { return r - '0' + '０' }, code), now, 0, true)
	f(code, now.Add(30*time.Second), 0, true)
	f(code, now.Add(59*time.Second), 0, true)
	f(code, now.Add(60*time.Second), 0, false)
	f(code, now.Add(-5*time.Second), 0, true) // a telephone whose clock is a little ahead
	f(code, now.Add(-6*time.Second), 0, false)
	f(code, now.Add(-30*time.Second), 0, false)
	f("", now, 0, false)
	f("000000", now, 0, false)
	f(code+"0", now, 0, false)
	step, _ := totp.Check(secret, code, now, 0)
	f(code, now, step, false) // again
	f(totp.Code(secret, step-1), now, step, false)
	f(totp.Code(secret, step+1), now, step, false)
	f(totp.Code(secret, step+1), now.Add(25*time.Second), step, true)
}

func TestWhatTelephonesRead(t *testing.T) {
	t.Parallel()
	if got, want := totp.URI("portal.example.jp", "hanako@sato.example.jp", secret),
		"otpauth://totp/portal.example.jp:hanako@sato.example.jp?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=portal.example.jp"; got != want {
		t.Error(got)
	}
	if got := totp.Text(secret); got != "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" {
		t.Error(got)
	}
}
