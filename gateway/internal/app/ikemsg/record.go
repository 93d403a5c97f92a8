package ikemsg

import (
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/turn"
)

// object is a JSON object whose members depend on the message.
type object = map[string]any

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	m := &turn.Of[message](tx).Data
	o := object{"version_major": m.major, "version_minor": m.minor, "init_spi": m.initSPI, "resp_spi": m.respSPI, "message_id": m.id,
		"exchange_type": m.exchange}
	if m.major == 1 {
		m.recordV1(o)
	} else {
		m.recordV2(o)
	}
	return []app.Field{{Name: "ike", Value: o}}
}

// recordV1 adds what version 1 has shown so far.
func (m *message) recordV1(o object) {
	in := object{"encrypted_payloads": m.encrypted}
	o["ikev1"] = in
	if m.seen == nil || m.encrypted {
		return
	}
	if m.seen.hasDOI {
		in["doi"] = m.seen.doi
	}
	client, server := &m.seen.sides[app.ToServer], &m.seen.sides[app.ToClient]
	if len(server.transforms) > 0 {
		addAttributes(o, server.transforms[0], namesV1)
	}
	c := client.record()
	list := make([]object, len(client.transforms))
	for i, t := range client.transforms {
		list[i] = object{}
		addAttributes(list[i], t, namesV1)
	}
	c["proposals"] = list
	in["client"], in["server"] = c, server.record()
	in["vendor_ids"] = append(append([]string{}, client.vendors...), server.vendors...)
}

func (h *side) record() object {
	o := object{}
	if h.key != "" {
		o["key_exchange_payload"], o["key_exchange_payload_length"] = h.key, len(h.key)/2
	}
	if h.nonce != "" {
		o["nonce_payload"], o["nonce_payload_length"] = h.nonce, len(h.nonce)/2
	}
	return o
}

// recordV2 adds what a message of version 2 has.
func (m *message) recordV2(o object) {
	addAttributes(o, m.chosen, namesV2)
	o["role"] = "responder"
	if m.flags&8 != 0 {
		o["role"] = "initiator"
	}
	in := object{"errors": m.errors}
	o["ikev2"] = in
	var list []string
	for _, p := range m.payloads {
		list = append(list, named(payloadNames, uint64(p), "Unknown"))
	}
	o["payload"] = list
	var notes []string
	for _, n := range m.notes {
		notes = append(notes, named(notifyNames, uint64(n), fmt.Sprintf("NotifyType(%d)", n)))
	}
	if notes != nil {
		in["notify"] = notes
	}
}

// attributeNames by the numbers of the rule language.
var attributeNames = [...]string{"alg_enc", "alg_hash", "alg_auth", "alg_dh", "sa_life_type", "sa_life_duration", "sa_key_length", "alg_prf", "alg_esn"}

func addAttributes(o object, list []attribute, names map[int]map[uint64]string) {
	for _, a := range list {
		name := attributeNames[a.kind]
		if _, double := o[name]; double {
			continue
		}
		o[name] = named(names[a.kind], a.value, "Unknown")
		o[name+"_raw"] = a.value
	}
}

func named(names map[uint64]string, n uint64, other string) string {
	if s, ok := names[n]; ok {
		return s
	}
	return other
}

// namesV1 are the values of RFC 2409 appendix A and the IANA registry.
var namesV1 = map[int]map[uint64]string{
	algEnc: {1: "EncDesCbc", 2: "EncIdeaCbc", 3: "EncBlowfishCbc", 4: "EncRc5R16B64Cbc", 5: "EncTripleDesCbc", 6: "EncCastCbc", 7: "EncAesCbc",
		8: "EncCamelliaCbc"},
	algHash: {1: "HashMd5", 2: "HashSha", 3: "HashTiger", 4: "HashSha2_256", 5: "HashSha2_384", 6: "HashSha2_512"},
	algAuth: {1: "AuthPreSharedKey", 2: "AuthDssSignatures", 3: "AuthRsaSignatures", 4: "AuthEncryptionWithRsa", 5: "AuthRevisedEncryptionWithRsa"},
	algDH: {1: "GroupDefault768BitModp", 2: "GroupAlternate1024BitModpGroup", 3: "GroupEc2nOnGp2p155", 4: "GroupEc2nOnGp2p185",
		5: "GroupModp1536Bit", 14: "GroupModp2048Bit", 15: "GroupModp3072Bit", 16: "GroupModp4096Bit", 17: "GroupModp6144Bit", 18: "GroupModp8192Bit"},
	lifeType: {1: "LifeTypeSeconds", 2: "LifeTypeKilobytes"},
}

// namesV2 are the transforms of the IANA registry.
var namesV2 = map[int]map[uint64]string{
	algEnc: {1: "ENCR_DES_IV64", 2: "ENCR_DES", 3: "ENCR_3DES", 4: "ENCR_RC5", 5: "ENCR_IDEA", 6: "ENCR_CAST", 7: "ENCR_BLOWFISH", 8: "ENCR_3IDEA",
		9: "ENCR_DES_IV32", 11: "ENCR_NULL", 12: "ENCR_AES_CBC", 13: "ENCR_AES_CTR", 14: "ENCR_AES_CCM_8", 15: "ENCR_AES_CCM_12",
		16: "ENCR_AES_CCM_16", 18: "ENCR_AES_GCM_8", 19: "ENCR_AES_GCM_12", 20: "ENCR_AES_GCM_16", 28: "ENCR_CHACHA20_POLY1305"},
	algPRF: {0: "PRF_NULL", 1: "PRF_HMAC_MD5", 2: "PRF_HMAC_SHA1", 3: "PRF_HMAC_TIGER", 4: "PRF_AES128_XCBC", 5: "PRF_HMAC_SHA2_256",
		6: "PRF_HMAC_SHA2_384", 7: "PRF_HMAC_SHA2_512", 8: "PRF_AES128_CMAC"},
	algAuth: {0: "AUTH_NONE", 1: "AUTH_HMAC_MD5_96", 2: "AUTH_HMAC_SHA1_96", 3: "AUTH_DES_MAC", 4: "AUTH_KPDK_MD5", 5: "AUTH_AES_XCBC_96",
		6: "AUTH_HMAC_MD5_128", 7: "AUTH_HMAC_SHA1_160", 8: "AUTH_AES_CMAC_96", 9: "AUTH_AES_128_GMAC", 10: "AUTH_AES_192_GMAC",
		11: "AUTH_AES_256_GMAC", 12: "AUTH_HMAC_SHA2_256_128", 13: "AUTH_HMAC_SHA2_384_192", 14: "AUTH_HMAC_SHA2_512_256"},
	algDH: {0: "None", 1: "Modp768", 2: "Modp1024", 5: "Modp1536", 14: "Modp2048", 15: "Modp3072", 16: "Modp4096", 17: "Modp6144", 18: "Modp8192",
		19: "Ecp256", 20: "Ecp384", 21: "Ecp521", 22: "Modp1024s160", 23: "Modp2048s224", 24: "Modp2048s256", 25: "Ecp192", 26: "Ecp224",
		31: "Curve25519", 32: "Curve448"},
	algESN: {0: "NoESN", 1: "ESN"},
}

// payloadNames of RFC 7296 section 3.2.
var payloadNames = map[uint64]string{0: "NoNextPayload", 33: "SecurityAssociation", 34: "KeyExchange", 35: "IDInitiator", 36: "IDResponder",
	37: "Certificate", 38: "CertificateRequest", 39: "Authentication", 40: "Nonce", 41: "Notify", 42: "Delete", 43: "VendorID",
	44: "TrafficSelectorInitiator", 45: "TrafficSelectorResponder", 46: "EncryptedAndAuthenticated", 47: "Configuration",
	48: "ExtensibleAuthenticationProtocol"}

// notifyNames of RFC 7296 section 3.10.1.
var notifyNames = map[uint64]string{1: "UNSUPPORTED_CRITICAL_PAYLOAD", 4: "INVALID_IKE_SPI", 5: "INVALID_MAJOR_VERSION", 7: "INVALID_SYNTAX",
	9: "INVALID_MESSAGE_ID", 11: "INVALID_SPI", 14: "NO_PROPOSAL_CHOSEN", 17: "INVALID_KE_PAYLOAD", 24: "AUTHENTICATION_FAILED",
	34: "SINGLE_PAIR_REQUIRED", 35: "NO_ADDITIONAL_SAS", 36: "INTERNAL_ADDRESS_FAILURE", 37: "FAILED_CP_REQUIRED", 38: "TS_UNACCEPTABLE",
	39: "INVALID_SELECTORS", 43: "TEMPORARY_FAILURE", 44: "CHILD_SA_NOT_FOUND", 16384: "INITIAL_CONTACT", 16385: "SET_WINDOW_SIZE",
	16386: "ADDITIONAL_TS_POSSIBLE", 16387: "IPCOMP_SUPPORTED", 16388: "NAT_DETECTION_SOURCE_IP", 16389: "NAT_DETECTION_DESTINATION_IP",
	16390: "COOKIE", 16391: "USE_TRANSPORT_MODE", 16392: "HTTP_CERT_LOOKUP_SUPPORTED", 16393: "REKEY_SA", 16394: "ESP_TFC_PADDING_NOT_SUPPORTED",
	16395: "NON_FIRST_FRAGMENTS_ALSO"}
