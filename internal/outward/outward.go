package outward

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrPrivate: the name leads where nobody may call by it.
var ErrPrivate = errors.New("outward: the address leads into a private network")

// maxHeader of an answer in bytes.
const maxHeader = 64 << 10

// Client calls the internet alone, with a patience for a whole call; private lifts that, for a centre of one's own company. It
// follows nobody elsewhere: callers that want to set CheckRedirect, and every address is looked at anew.
func Client(patience time.Duration, private bool) *http.Client {
	d := &net.Dialer{Timeout: patience}
	if !private {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil || !Public(at.Addr()) {
				return ErrPrivate
			}
			return nil
		}
	}
	return &http.Client{Timeout: patience, Transport: &http.Transport{DialContext: d.DialContext, Proxy: nil, TLSHandshakeTimeout: patience, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// reserved are networks that are not the internet, beside those that package netip knows.
var reserved = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16")}

// Public says whether an address is one of the internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
