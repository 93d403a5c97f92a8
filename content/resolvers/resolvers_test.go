package resolvers

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestResolvers(t *testing.T) {
	t.Parallel()
	a, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	names, addrs := map[string]bool{}, map[netip.Addr]bool{}
	for _, r := range a.Resolvers {
		if u, err := url.Parse(r.Source); err != nil || u.Scheme != "https" || u.Host == "" || r.Name == "" || len(r.Names) == 0 {
			t.Errorf("%+v lacks something", r)
		}
		for _, n := range r.Names {
			if names[n] || n != strings.ToLower(n) || !strings.Contains(n, ".") {
				t.Errorf("%s: name %q", r.Name, n)
			}
			names[n] = true
		}
		for _, ip := range r.Addrs {
			if addrs[ip] || !ip.IsGlobalUnicast() || ip.IsPrivate() {
				t.Errorf("%s: address %s", r.Name, ip)
			}
			addrs[ip] = true
		}
	}
	for _, n := range []string{"dns.google", "cloudflare-dns.com", "dns.quad9.net", "public.dns.iij.jp", "doh.opendns.com", "dns.nextdns.io"} {
		if !names[n] {
			t.Errorf("%s is not known", n)
		}
	}
	if !slices.Contains(a.Canaries, "use-application-dns.net") {
		t.Error("Firefox's name is not known")
	}
}

// Others have seen nearly all of them too: an address that nobody else knows is a slip.
func TestKnownToOthers(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("OTASUKE_DATA")
	if dir == "" {
		t.Skip("OTASUKE_DATA does not name the folder of public data")
	}
	known := map[string]bool{}
	for _, name := range []string{"dibdot-doh-domains_overall.txt", "dibdot-doh-ipv4.txt", "dibdot-doh-ipv6.txt"} {
		text, err := os.ReadFile(filepath.Join(dir, "categories", name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 0 {
				known[f[0]] = true
			}
		}
	}
	a, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	all, other := 0, 0
	for _, r := range a.Resolvers {
		for _, ip := range r.Addrs {
			if all++; !known[ip.String()] {
				other++
				t.Logf("%s: %s is on no other list", r.Name, ip)
			}
		}
		for _, n := range r.Names {
			if all++; !known[n] {
				other++
				t.Logf("%s: %s is on no other list", r.Name, n)
			}
		}
	}
	if other*8 > all {
		t.Errorf("%d of %d are on no other list", other, all)
	}
}
