package centre

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// behind makes a request that came through a trusted proxy carry the browser's
// address: the last one in X-Forwarded-For that is not a proxy of ours. Earlier
// entries are anybody's claim.
func behind(trusted []netip.Prefix, h http.Handler) http.Handler {
	if len(trusted) == 0 {
		return h
	}
	ours := func(text string) bool {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return false
		}
		for _, p := range trusted {
			if p.Contains(a.Unmap()) {
				return true
			}
		}
		return false
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, port, err := net.SplitHostPort(r.RemoteAddr)
		if err == nil && ours(host) {
			hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
			for i := len(hops) - 1; i >= 0 && ours(host); i-- {
				a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
				if err != nil {
					break
				}
				host = a.String()
			}
			r.RemoteAddr = net.JoinHostPort(host, port)
		}
		h.ServeHTTP(w, r)
	})
}
