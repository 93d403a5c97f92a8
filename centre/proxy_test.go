package centre

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestBehind(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.9.0.0/16")}
	for _, c := range []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"browser behind the proxy", "127.0.0.1:5000", []string{"203.0.113.7"}, "203.0.113.7:5000"},
		{"what the browser claims is not believed", "127.0.0.1:5000", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7:5000"},
		{"two proxies of ours", "127.0.0.1:5000", []string{"203.0.113.7, 10.9.0.2"}, "203.0.113.7:5000"},
		{"several headers", "127.0.0.1:5000", []string{"198.51.100.1", "203.0.113.7"}, "203.0.113.7:5000"},
		{"somebody who is no proxy", "192.0.2.9:5000", []string{"203.0.113.7"}, "192.0.2.9:5000"},
		{"no header", "127.0.0.1:5000", nil, "127.0.0.1:5000"},
		{"nonsense", "127.0.0.1:5000", []string{"203.0.113.7, unknown"}, "127.0.0.1:5000"},
		{"IPv6", "127.0.0.1:5000", []string{"2001:db8::7"}, "[2001:db8::7]:5000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			h := behind(trusted, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.remote
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
