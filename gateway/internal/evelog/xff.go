package evelog

import (
	"bytes"
	"net/netip"

	"otasuke/gateway/internal/eve"
	"otasuke/internal/ascii"
)

// XFFConfig says how records name the client behind a proxy: by a header of its request.
type XFFConfig struct {
	On bool
	// Overwrite puts the address in the place of the proxy's, else it stands in alert.xff.
	Overwrite bool
	// Forward takes the first address of the list, as behind a forward proxy; else the last
	// one counts, which the reverse proxy nearest to us has added.
	Forward bool
	// Header is X-Forwarded-For when empty.
	Header string
}

// Client finds the client's address in the headers of a request, "Name: value" each line.
func (c *XFFConfig) Client(headers []byte) (netip.Addr, bool) {
	name := c.Header
	if name == "" {
		name = "X-Forwarded-For"
	}
	for line := range bytes.Lines(headers) {
		key, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !ascii.EqualFold(bytes.TrimSpace(key), name) {
			continue
		}
		if c.Forward {
			value, _, _ = bytes.Cut(value, []byte(","))
		} else if i := bytes.LastIndexByte(value, ','); i >= 0 {
			value = value[i+1:]
		}
		a, err := netip.ParseAddr(string(bytes.TrimSpace(value)))
		return a, err == nil
	}
	return netip.Addr{}, false
}

// Name tells the client behind a proxy in an alert; dir is the direction that it is about.
func (c *XFFConfig) Name(r *eve.Record, dir int, client netip.Addr) {
	switch {
	case !c.Overwrite:
		r.Alert.XFF = client.StringExpanded()
	case dir == 0:
		r.SrcIP = eve.Addr{Addr: client}
	default:
		r.DestIP = eve.Addr{Addr: client}
	}
}
