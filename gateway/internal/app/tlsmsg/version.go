package tlsmsg

import "strconv"

// Versions (RFC 8446 section 4.1.2). SSL 2 is the number that rules give it.
const (
	versionSSL2  = 0x0002
	versionSSL3  = 0x0300
	versionTLS10 = 0x0301
	versionTLS11 = 0x0302
	versionTLS12 = 0x0303
	versionTLS13 = 0x0304
	// Drafts of TLS 1.3.
	draftFirst = 0x7f01 // before the 16th all had numbers of their own
	draft16    = 0x7f10
	draftLast  = 0x7f1c
	draft23FB  = 0xfb17
	draft26FB  = 0xfb1a
)

func validVersion(v uint16) bool {
	return versionSSL3 <= v && v <= versionTLS13 || isDraft(v)
}

func isDraft(v uint16) bool {
	return draft16 <= v && v <= draftLast || v == draft23FB || v == draft26FB
}

// VersionName names a version as EVE does.
func VersionName(v uint16) string {
	switch {
	case v == 0:
		return "UNDETERMINED"
	case v == versionSSL2:
		return "SSLv2"
	case v == versionSSL3:
		return "SSLv3"
	case v == versionTLS10:
		return "TLSv1"
	case v >= versionTLS11 && v <= versionTLS13:
		return "TLS 1." + strconv.Itoa(int(v&0xff)-1)
	case draftFirst <= v && v < draft16:
		return "TLS 1.3 draft-<16"
	case v == draft23FB || v == draft26FB:
		return "TLS 1.3 draft-" + strconv.Itoa(int(v&0xff)) + "-fb"
	case draft16 <= v && v <= draftLast:
		return "TLS 1.3 draft-" + strconv.Itoa(int(v&0xff))
	}
	return strconv.Itoa(int(v))
}

// grease tells reserved values that clients mix in (RFC 8701).
func grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }
