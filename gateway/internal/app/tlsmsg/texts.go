package tlsmsg

// clientTexts is what a ClientHello leaves behind for rules and records.
type clientTexts struct {
	sni, ja3, ja3Hash, ja4, session []byte
	alpn                            []string
	versions                        bool
}

func (t clientTexts) empty() clientTexts {
	return clientTexts{sni: t.sni[:0], ja3: t.ja3[:0], ja3Hash: t.ja3Hash[:0], ja4: t.ja4[:0], session: t.session[:0], alpn: t.alpn[:0]}
}

func (t *clientTexts) set(h *ClientHello) {
	t.sni = append(t.sni[:0], h.ServerName...)
	t.session = append(t.session[:0], h.Session...)
	t.ja3 = h.AppendJA3(t.ja3[:0])
	t.ja3Hash = AppendMD5(t.ja3Hash[:0], t.ja3)
	t.ja4 = h.AppendJA4(t.ja4[:0], false)
	t.versions = h.Versions
}

// keep takes what only records ask for, and lets go of the message.
func (t *clientTexts) keep(h *ClientHello) {
	t.alpn = t.alpn[:0]
	for _, p := range h.ALPN {
		t.alpn = append(t.alpn, text(p))
	}
	clear(h.ALPN)
	*h = ClientHello{Version: h.Version, Preferred: h.Preferred, EarlyData: h.EarlyData, ALPN: h.ALPN[:0]}
}

// serverTexts is what a ServerHello leaves behind.
type serverTexts struct {
	ja3, ja3Hash []byte
	alpn         string
}

func (t serverTexts) empty() serverTexts { return serverTexts{ja3: t.ja3[:0], ja3Hash: t.ja3Hash[:0]} }

func (t *serverTexts) set(h *ServerHello) {
	t.ja3 = h.AppendJA3S(t.ja3[:0])
	t.ja3Hash = AppendMD5(t.ja3Hash[:0], t.ja3)
	t.alpn = text(h.ALPN)
}
