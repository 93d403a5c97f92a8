package krb5msg

import (
	"bytes"
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "krb5" of EVE records.
type Record struct {
	MsgType       string  `json:"msg_type"`
	FailedRequest string  `json:"failed_request,omitempty"`
	ErrorCode     string  `json:"error_code,omitempty"`
	Cname         string  `json:"cname"`
	Realm         string  `json:"realm"`
	Sname         string  `json:"sname"`
	Encryption    string  `json:"encryption"`
	Weak          bool    `json:"weak_encryption"`
	Ticket        *string `json:"ticket_encryption,omitempty"`
	TicketWeak    *bool   `json:"ticket_weak_encryption,omitempty"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	a := &turn.Of[message](tx).Data
	r := Record{MsgType: named(messageNames, "MessageType", a.kind), Cname: name(a.cname), Sname: name(a.sname), Realm: "<empty>", Encryption: "<none>"}
	if a.realm != nil {
		r.Realm = octets.Text(a.realm)
	}
	switch a.kind {
	case krbError:
		r.FailedRequest, r.ErrorCode = named(messageNames, "MessageType", a.request), named(errorNames, "ErrorCode", a.code)
		fallthrough
	case asReq, tgsReq:
		return []app.Field{{Name: "krb5", Value: r}}
	}
	r.Encryption, r.Weak = named(etypeNames, "EncryptionType", a.etype), weak(a.etype)
	ticket, ticketWeak := named(etypeNames, "EncryptionType", a.ticket), weak(a.ticket)
	r.Ticket, r.TicketWeak = &ticket, &ticketWeak
	return []app.Field{{Name: "krb5", Value: r}}
}

func name(parts [][]byte) string {
	if parts == nil {
		return "<empty>"
	}
	return octets.Text(bytes.Join(parts, []byte("/")))
}

func named(names map[int64]string, kind string, n int64) string {
	if s, ok := names[n]; ok {
		return s
	}
	return fmt.Sprintf("%s(%d / 0x%x)", kind, n, uint32(n))
}

// weak tells that an encryption type is neither AES nor Camellia (RFC 3962, 6803, 8009).
func weak(etype int64) bool {
	switch etype {
	case 17, 18, 19, 20, 25, 26:
		return false
	}
	return true
}

var messageNames = map[int64]string{asReq: "KRB_AS_REQ", asRep: "KRB_AS_REP", tgsReq: "KRB_TGS_REQ", tgsRep: "KRB_TGS_REP",
	apReq: "KRB_AP_REQ", 15: "KRB_AP_REP", 20: "KRB_SAFE", 21: "KRB_PRIV", 22: "KRB_CRED", krbError: "KRB_ERROR"}

// etypeNames are the encryption types of the IANA registry.
var etypeNames = map[int64]string{1: "des-cbc-crc", 2: "des-cbc-md4", 3: "des-cbc-md5", 5: "des3-cbc-md5", 7: "des3-cbc-sha1",
	9: "dsawithsha1-cmsoid", 10: "md5withrsaencryption-cmsoid", 11: "sha1withrsaencryption-cmsoid", 12: "rc2cbc-envoid",
	13: "rsaencryption-envoid", 14: "rsaes-oaep-env-oid", 15: "des-ede3-cbc-env-oid", 16: "des3-cbc-sha1-kd",
	17: "aes128-cts-hmac-sha1-96", 18: "aes256-cts-hmac-sha1-96", 19: "aes128-cts-hmac-sha256-128", 20: "aes256-cts-hmac-sha384-192",
	23: "rc4-hmac", 24: "rc4-hmac-exp", 25: "camellia128-cts-cmac", 26: "camellia256-cts-cmac", 65: "subkey-keymaterial",
	-128: "rc4-md4", -133: "rc4-hmac-old", -135: "rc4-hmac-old-exp"}

// errorNames are those of RFC 4120 section 7.5.9 and RFC 4556 section 3.1.3.
var errorNames = map[int64]string{0: "KDC_ERR_NONE", 1: "KDC_ERR_NAME_EXP", 2: "KDC_ERR_SERVICE_EXP", 3: "KDC_ERR_BAD_PVNO", 4: "KDC_ERR_C_OLD_MAST_KVNO",
	5: "KDC_ERR_S_OLD_MAST_KVNO", 6: "KDC_ERR_C_PRINCIPAL_UNKNOWN", 7: "KDC_ERR_S_PRINCIPAL_UNKNOWN", 8: "KDC_ERR_PRINCIPAL_NOT_UNIQUE",
	9: "KDC_ERR_NULL_KEY", 10: "KDC_ERR_CANNOT_POSTDATE", 11: "KDC_ERR_NEVER_VALID", 12: "KDC_ERR_POLICY", 13: "KDC_ERR_BADOPTION",
	14: "KDC_ERR_ETYPE_NOSUPP", 15: "KDC_ERR_SUMTYPE_NOSUPP", 16: "KDC_ERR_PADATA_TYPE_NOSUPP", 17: "KDC_ERR_TRTYPE_NOSUPP",
	18: "KDC_ERR_CLIENT_REVOKED", 19: "KDC_ERR_SERVICE_REVOKED", 20: "KDC_ERR_TGT_REVOKED", 21: "KDC_ERR_CLIENT_NOTYET",
	22: "KDC_ERR_SERVICE_NOTYET", 23: "KDC_ERR_KEY_EXPIRED", 24: "KDC_ERR_PREAUTH_FAILED", 25: "KDC_ERR_PREAUTH_REQUIRED",
	26: "KDC_ERR_SERVER_NOMATCH", 27: "KDC_ERR_MUST_USE_USER2USER", 28: "KDC_ERR_PATH_NOT_ACCEPTED", 29: "KDC_ERR_SVC_UNAVAILABLE",
	31: "KRB_AP_ERR_BAD_INTEGRITY", 32: "KRB_AP_ERR_TKT_EXPIRED", 33: "KRB_AP_ERR_TKT_NYV", 34: "KRB_AP_ERR_REPEAT", 35: "KRB_AP_ERR_NOT_US",
	36: "KRB_AP_ERR_BADMATCH", 37: "KRB_AP_ERR_SKEW", 38: "KRB_AP_ERR_BADADDR", 39: "KRB_AP_ERR_BADVERSION", 40: "KRB_AP_ERR_MSG_TYPE",
	41: "KRB_AP_ERR_MODIFIED", 42: "KRB_AP_ERR_BADORDER", 44: "KRB_AP_ERR_BADKEYVER", 45: "KRB_AP_ERR_NOKEY", 46: "KRB_AP_ERR_MUT_FAIL",
	47: "KRB_AP_ERR_BADDIRECTION", 48: "KRB_AP_ERR_METHOD", 49: "KRB_AP_ERR_BADSEQ", 50: "KRB_AP_ERR_INAPP_CKSUM",
	51: "KRB_AP_PATH_NOT_ACCEPTED", 52: "KRB_ERR_RESPONSE_TOO_BIG", 60: "KRB_ERR_GENERIC", 61: "KRB_ERR_FIELD_TOOLONG",
	62: "KDC_ERROR_CLIENT_NOT_TRUSTED", 63: "KDC_ERROR_KDC_NOT_TRUSTED", 64: "KDC_ERROR_INVALID_SIG", 65: "KDC_ERR_KEY_TOO_WEAK",
	66: "KDC_ERR_CERTIFICATE_MISMATCH", 67: "KRB_AP_ERR_NO_TGT", 68: "KDC_ERR_WRONG_REALM", 69: "KRB_AP_ERR_USER_TO_USER_REQUIRED",
	70: "KDC_ERR_CANT_VERIFY_CERTIFICATE", 71: "KDC_ERR_INVALID_CERTIFICATE", 72: "KDC_ERR_REVOKED_CERTIFICATE",
	73: "KDC_ERR_REVOCATION_STATUS_UNKNOWN", 74: "KDC_ERR_REVOCATION_STATUS_UNAVAILABLE", 75: "KDC_ERR_CLIENT_NAME_MISMATCH",
	76: "KDC_ERR_KDC_NAME_MISMATCH"}
