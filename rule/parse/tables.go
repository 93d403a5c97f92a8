package parse

import "otasuke/rule"

// stickyByName finds the buffer that a bare keyword selects.
var stickyByName = func() map[string]rule.Buffer {
	m := make(map[string]rule.Buffer)
	for b := range rule.Buffer(rule.NumBuffers) {
		if b == rule.BufPayload || b == rule.BufStream {
			continue
		}
		for _, name := range b.Names() {
			m[name] = b
		}
	}
	m["pkt_data"] = rule.BufPayload
	return m
}()

// modifierByName finds the buffer to which an older keyword behind a content
// moves that content.
var modifierByName = map[string]rule.Buffer{
	"http_uri": rule.HTTPURI, "http_raw_uri": rule.HTTPURIRaw, "http_method": rule.HTTPMethod,
	"http_client_body": rule.HTTPRequestBody, "http_server_body": rule.HTTPResponseBody,
	"http_header": rule.HTTPHeader, "http_raw_header": rule.HTTPHeaderRaw, "http_cookie": rule.HTTPCookie,
	"http_stat_code": rule.HTTPStatCode, "http_stat_msg": rule.HTTPStatMsg, "http_user_agent": rule.HTTPUserAgent,
	"http_host": rule.HTTPHost, "http_raw_host": rule.HTTPHostRaw,
}

// transformByName finds the transform of a keyword.
var transformByName = map[string]rule.TransformKind{
	"dotprefix": rule.DotPrefix, "to_lowercase": rule.ToLower, "to_uppercase": rule.ToUpper, "url_decode": rule.URLDecode,
	"strip_whitespace": rule.StripWhitespace, "compress_whitespace": rule.CompressWhitespace,
	"strip_pseudo_headers": rule.StripPseudoHeaders, "header_lowercase": rule.HeaderLowercase,
	"to_md5": rule.ToMD5, "to_sha1": rule.ToSHA1, "to_sha256": rule.ToSHA256, "xor": rule.XOR, "from_base64": rule.FromBase64,
	"domain": rule.Domain, "tld": rule.TLD, "gunzip": rule.Gunzip, "zlib_deflate": rule.Inflate, "pcrexform": rule.Rewrite,
}

// actionNames finds the action at the start of a rule.
var actionNames = map[string]rule.Action{
	"pass": rule.Pass, "drop": rule.Drop, "reject": rule.Reject, "rejectsrc": rule.Reject,
	"rejectdst": rule.RejectDst, "rejectboth": rule.RejectBoth, "alert": rule.Alert, "config": rule.Config,
}

// protoByName finds the protocol of a header.
var protoByName = func() map[string]rule.Proto {
	m := make(map[string]rule.Proto)
	for p := rule.ProtoIP; p < rule.ProtoFailed; p++ {
		m[p.String()] = p
	}
	m["any"], m["ip4"], m["ip6"], m["ssl"], m["ikev2"] = rule.ProtoIP, rule.ProtoIPv4, rule.ProtoIPv6, rule.ProtoTLS, rule.ProtoIKE
	m["icmpv4"], m["tcpv4"], m["udpv4"], m["tcp6"], m["udp6"] = rule.ProtoICMP, rule.ProtoTCP, rule.ProtoUDP, rule.ProtoTCP, rule.ProtoUDP
	return m
}()

// Proto finds a protocol by the name that rules and configurations use.
func Proto(name string) (rule.Proto, bool) {
	p, ok := protoByName[name]
	return p, ok
}
