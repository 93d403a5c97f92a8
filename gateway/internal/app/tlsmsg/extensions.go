package tlsmsg

import "golang.org/x/crypto/cryptobyte"

// Extension is one of a hello, with the names in it.
type Extension struct {
	Kind   uint16
	Values [][]byte // of server_name and ALPN; they point into the message
}

// Extensions lists all of the hello in order.
func (h *ClientHello) Extensions() []Extension {
	out := listed(h.extensions)
	for i := range out {
		switch e := &out[i]; {
		case e.Kind == extServerName && h.ServerName != nil && e.Values == nil:
			e.Values = [][]byte{h.ServerName}
		case e.Kind == extALPN:
			e.Values = h.ALPN
		}
	}
	return out
}

// Extensions lists all of the hello in order.
func (h *ServerHello) Extensions() []Extension {
	out := listed(h.extensions)
	for i := range out {
		if e := &out[i]; e.Kind == extALPN && h.ALPN != nil {
			e.Values = [][]byte{h.ALPN}
		}
	}
	return out
}

func listed(exts cryptobyte.String) (out []Extension) {
	var kind uint16
	var data cryptobyte.String
	for exts.ReadUint16(&kind) && exts.ReadUint16LengthPrefixed(&data) {
		out = append(out, Extension{Kind: kind})
	}
	return out
}
