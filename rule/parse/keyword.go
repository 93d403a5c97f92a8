package parse

import "otasuke/rule"

import "sort"

// Whether a keyword has a value.
const (
	valueNeeded = iota
	valueNone
	valueOptional
)

type keyword struct {
	value int
	set   func(b *builder, value string) error
}

// keywords are those that are not buffers, transforms or older modifiers.
var keywords map[string]keyword

func init() { // in a function because the handlers refer back to the table's users
	keywords = map[string]keyword{
		"msg": {set: setMsg}, "sid": {set: setSID}, "rev": {set: setRev}, "gid": {set: setGID},
		"classtype": {set: setClass}, "priority": {set: setPriority}, "reference": {set: setReference},
		"metadata": {set: setMetadata}, "target": {set: setTarget}, "requires": {set: setRequires},
		"noalert": {valueNone, setNoAlert}, "alert": {valueNone, ignore}, "tag": {set: ignore},

		"content": {set: setContent}, "uricontent": {set: setURIContent}, "nocase": {valueNone, setNocase},
		"depth": {set: setDepth}, "offset": {set: setOffset}, "distance": {set: setDistance},
		"within": {set: setWithin}, "startswith": {valueNone, setStartsWith}, "endswith": {valueNone, setEndsWith},
		"fast_pattern": {valueOptional, setFastPattern}, "rawbytes": {valueNone, ignore},
		"prefilter": {valueNone, ignore}, "pcre": {set: setPCRE}, "isdataat": {set: setIsDataAt},
		"bsize": {set: setBSize}, "urilen": {set: setURILen}, "byte_test": {set: setByteTest},
		"byte_jump": {set: setByteJump}, "byte_extract": {set: setByteExtract}, "byte_math": {set: setByteMath},
		"base64_decode": {valueOptional, setBase64Decode},

		"flow": {set: setFlow}, "flowbits": {set: setFlowbits}, "flowint": {set: setFlowint},
		"xbits": {set: setXbits}, "hostbits": {set: setHostbits}, "threshold": {set: setThreshold},
		"detection_filter": {set: setDetectionFilter}, "stream_size": {set: setStreamSize},
		"app-layer-protocol": {set: setAppProto},

		"dsize": {set: packetField(rule.FieldDsize)}, "ttl": {set: packetField(rule.FieldTTL)},
		"id": {set: packetField(rule.FieldIPID)}, "tos": {set: packetField(rule.FieldTOS)},
		"itype": {set: packetField(rule.FieldICMPType)}, "icode": {set: packetField(rule.FieldICMPCode)},
		"icmp_id": {set: packetField(rule.FieldICMPID)}, "icmp_seq": {set: packetField(rule.FieldICMPSeq)},
		"seq": {set: packetField(rule.FieldTCPSeq)}, "tcp.seq": {set: packetField(rule.FieldTCPSeq)},
		"ack": {set: packetField(rule.FieldTCPAck)}, "tcp.ack": {set: packetField(rule.FieldTCPAck)},
		"window": {set: packetField(rule.FieldTCPWindow)}, "tcp.window": {set: packetField(rule.FieldTCPWindow)},
		"tcp.mss": {set: packetField(rule.FieldTCPMSS)}, "fragoffset": {set: packetField(rule.FieldFragOffset)},
		"ip_proto": {set: setIPProto}, "flags": {set: setTCPFlags}, "tcp.flags": {set: setTCPFlags},
		"fragbits": {set: setFragBits}, "sameip": {valueNone, setSameIP},

		"tls.version": {set: setTLSVersion}, "tls.subject": {set: valueContent(rule.TLSCertSubject, false)},
		"tls.issuerdn": {set: valueContent(rule.TLSCertIssuer, false)}, "tls.fingerprint": {set: valueContent(rule.TLSCertFingerprint, true)},
		"filename": {set: valueContent(rule.FileName, false)}, "fileext": {set: setFileExt},
	}
	keywords["icmp-seq"], keywords["ipproto"] = keywords["icmp_seq"], keywords["ip_proto"]
}

// refused are keywords of the language that this version does not run, with
// what to do about it.
var refused = map[string]string{
	"lua":                "rules must not bring program code; express the condition with other keywords",
	"luajit":             "rules must not bring program code; express the condition with other keywords",
	"dataset":            "lists outside the rule are not supported; use the list functions of the box instead",
	"datarep":            "lists outside the rule are not supported; use the list functions of the box instead",
	"iprep":              "address reputation is not supported in rules; use the list functions of the box instead",
	"geoip":              "the country of an address is not known to rules; name the networks instead",
	"filestore":          "file contents never leave the traffic; remove the keyword",
	"filemd5":            "lists of file hashes are not supported; the virus scanner judges files",
	"filesha1":           "lists of file hashes are not supported; the virus scanner judges files",
	"filesha256":         "lists of file hashes are not supported; the virus scanner judges files",
	"filemagic":          "the type of a file is not recognised yet; use the first bytes in file.data",
	"filesize":           "the size of a file is not judged yet; use bsize on file.data",
	"asn1":               "ASN.1 decoding is not supported; use byte_test on the length octets",
	"ftpbounce":          "the FTP port command is not compared yet; write a content for it",
	"app-layer-event":    "protocol anomalies are not offered to rules yet",
	"decode-event":       "packet anomalies are not offered to rules yet",
	"stream-event":       "stream anomalies are not offered to rules yet",
	"frame":              "frames are not supported; use the protocol's buffers",
	"ipopts":             "IP options are not judged; packets with source routes are dropped anyway",
	"nfq_set_mark":       "marks belong to the box itself; remove the keyword",
	"bypass":             "what to bypass is decided by the box; remove the keyword",
	"pcrexform":          "rewriting a buffer with an expression is not supported; use pcre",
	"rpc":                "the RPC keyword is not supported; use contents at the offsets of the call header",
	"replace":            "traffic is never rewritten; use drop",
	"dce_iface":          "DCE/RPC interfaces are not tracked yet; use contents",
	"dcerpc.iface":       "DCE/RPC interfaces are not tracked yet; use contents",
	"dce_opnum":          "DCE/RPC operations are not tracked yet; use contents",
	"dcerpc.opnum":       "DCE/RPC operations are not tracked yet; use contents",
	"ssl_version":        "use tls.version, which does the same",
	"ssl_state":          "the TLS handshake state is not offered to rules; use the buffer of the message",
	"dns.opcode":         "the DNS operation code is not offered yet; use byte_test at offset 2",
	"dns.rcode":          "the DNS response code is not offered yet; use byte_test at offset 3",
	"dns.rrtype":         "the DNS record type is not offered yet; use a content behind the name",
	"tls.cert_valid":     "the certificate's dates are not offered to rules yet",
	"tls_cert_valid":     "the certificate's dates are not offered to rules yet",
	"tls_cert_expired":   "the certificate's dates are not offered to rules yet",
	"tls_cert_notbefore": "the certificate's dates are not offered to rules yet",
	"tls_cert_notafter":  "the certificate's dates are not offered to rules yet",
}

// KeywordInfo is a row of the table of keywords.
type KeywordInfo struct {
	Name      string `json:"name"`
	Supported bool   `json:"supported"`
	// Reason says why an unsupported keyword is refused and what to do.
	Reason string `json:"reason,omitempty"`
}

// Keywords lists every keyword that is understood or refused by name.
func Keywords() []KeywordInfo {
	var out []KeywordInfo
	for name := range keywords {
		out = append(out, KeywordInfo{Name: name, Supported: true})
	}
	for name := range stickyByName {
		out = append(out, KeywordInfo{Name: name, Supported: true})
	}
	for name := range modifierByName {
		out = append(out, KeywordInfo{Name: name, Supported: true})
	}
	for name := range transformByName {
		out = append(out, KeywordInfo{Name: name, Supported: true})
	}
	for name, reason := range refused {
		out = append(out, KeywordInfo{Name: name, Reason: reason})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
