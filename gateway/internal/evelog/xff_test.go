package evelog

import "testing"

func TestClientBehindProxy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg           XFFConfig
		headers, want string
	}{
		"last of a list":        {XFFConfig{}, "Host: h\r\nx-forwarded-for: 10.2.2.2, 10.3.3.3\r\n", "10.3.3.3"},
		"first of a list":       {XFFConfig{Forward: true}, "Host: h\r\nX-Forwarded-For: 10.2.2.2, 10.3.3.3\r\n", "10.2.2.2"},
		"IPv6":                  {XFFConfig{}, "X-Forwarded-For: 2001:db8::1\r\n", "2001:db8::1"},
		"another header":        {XFFConfig{Header: "X-Real-IP"}, "X-Forwarded-For: 10.2.2.2\r\nX-Real-IP: 10.4.4.4\r\n", "10.4.4.4"},
		"no address":            {XFFConfig{}, "X-Forwarded-For: unknown\r\n", ""},
		"no header":             {XFFConfig{}, "Host: h\r\n", ""},
		"a name that is longer": {XFFConfig{}, "X-Forwarded-For-Me: 10.2.2.2\r\n", ""},
	} {
		got, ok := c.cfg.Client([]byte(c.headers))
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}
