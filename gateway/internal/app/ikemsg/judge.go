package ikemsg

// Transform kinds of version 2 (RFC 7296 section 3.3.2).
const (
	kindENCR  = 1
	kindPRF   = 2
	kindINTEG = 3
	kindDH    = 4
	kindESN   = 5
)

// protoAH is the protocol that does not encrypt (RFC 7296 section 3.3.1).
const protoAH = 2

// weak transforms of version 2 by kind: broken ciphers, and hashes that are
// (RFC 8247).
var weak = map[uint8]map[uint16]bool{
	kindENCR:  {1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 9: true, 11: true},
	kindPRF:   {1: true, 2: true},
	kindINTEG: {1: true, 2: true, 3: true, 4: true, 6: true, 7: true},
	kindDH:    {1: true, 2: true, 5: true, 22: true},
}

var weakNames = map[uint8]string{kindENCR: "weak_crypto_enc", kindPRF: "weak_crypto_prf", kindINTEG: "weak_crypto_auth", kindDH: "weak_crypto_dh"}

// aead ciphers need no integrity transform (RFC 5282, RFC 7634).
func aead(id uint16) bool {
	switch id {
	case 14, 15, 16, 18, 19, 20, 25, 26, 27, 28:
		return true
	}
	return false
}

// judge names the events of version 2 proposals.
func (p *proposal) judge(event func(string)) {
	var dh, integrity, authenticated bool
	for _, t := range p.kinds {
		switch {
		case t.kind == 0 || t.kind > kindESN:
			event("unknown_proposal")
		case t.kind == kindPRF && t.id == 0, t.kind == kindDH && t.id == 0:
			event("invalid_proposal")
		case weak[t.kind][t.id]:
			event(weakNames[t.kind])
		}
		dh = dh || t.kind == kindDH
		integrity = integrity || t.kind == kindINTEG && t.id != 0
		authenticated = authenticated || t.kind == kindENCR && aead(t.id)
	}
	if !dh {
		event("weak_crypto_no_dh")
	}
	if p.proto == protoAH {
		event("no_encryption")
	}
	if !integrity && !authenticated {
		event("weak_crypto_no_auth")
	}
}

// attributes of version 2 transforms, as the rule language counts them.
func (p *proposal) attributes() (list []attribute) {
	kinds := map[uint8]int{kindENCR: algEnc, kindPRF: algPRF, kindINTEG: algAuth, kindDH: algDH, kindESN: algESN}
	for _, t := range p.kinds {
		if k, ok := kinds[t.kind]; ok {
			list = append(list, attribute{k, uint64(t.id)})
		}
		if t.bits > 0 {
			list = append(list, attribute{keyLength, uint64(t.bits)})
		}
	}
	return list
}
