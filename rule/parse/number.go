package parse

import (
	"errors"
	"fmt"
	"otasuke/rule"
	"otasuke/rule/value"
	"strconv"
	"strings"
)

// numberKeyword is a keyword that compares a number of a protocol.
type numberKeyword struct {
	buf   rule.Buffer
	names map[string]int64 // words that stand for values
	// flags tells that the words are bits, and several are joined by commas.
	flags bool
}

// numberKeywords are the keywords that read as "name: comparison, which".
var numberKeywords = map[string]numberKeyword{
	"http2.frametype": {buf: rule.HTTP2FrameType, names: value.Enum("data", "headers", "priority", "rst_stream", "settings", "push_promise", "ping", "goaway", "window_update", "continuation")},
	"http2.errorcode": {buf: rule.HTTP2ErrorCode, names: value.Enum("no_error", "protocol_error", "internal_error", "flow_control_error", "settings_timeout", "stream_closed",
		"frame_size_error", "refused_stream", "cancel", "compression_error", "connect_error", "enhance_your_calm", "inadequate_security", "http_1_1_required")},
	"http2.priority": {buf: rule.HTTP2Priority}, "http2.window": {buf: rule.HTTP2Window}, "http2.size_update": {buf: rule.HTTP2SizeUpdate},
	"filesize":   {buf: rule.FileSize},
	"dns.opcode": {buf: rule.DNSOpcode}, "dns.rcode": {buf: rule.DNSRcode, names: value.DNSRcodes}, "dns.rrtype": {buf: rule.DNSRRType, names: value.DNSTypes},
	"tls.cert_chain_len": {buf: rule.TLSChainLen},
	"ftp.mode":           {buf: rule.FTPMode, names: value.Enum("passive", "active")}, "ftp.dynamic_port": {buf: rule.FTPDynamicPort},
	"ftp.reply_received": {buf: rule.FTPReplyReceived, names: map[string]int64{"no": 0, "false": 0, "off": 0, "yes": 1, "true": 1, "on": 1}},
	"smb.version":        {buf: rule.SMBVersion},
	"nfs.version":        {buf: rule.NFSVersion}, "nfs_version": {buf: rule.NFSVersion},
	"krb5_msg_type": {buf: rule.KRB5MsgType}, "krb5_err_code": {buf: rule.KRB5ErrCode},
	"snmp.version": {buf: rule.SNMPVersion},
	"snmp.pdu_type": {buf: rule.SNMPPDUType, names: value.Enum("get_request", "get_next_request", "response", "set_request", "trap_v1", "get_bulk_request", "inform_request",
		"trap_v2", "report")},
	"snmp.trap_type":         {buf: rule.SNMPTrapType, names: value.Enum("coldstart", "warmstart", "linkdown", "linkup", "authenticationfailure", "egpneighborloss", "enterprisespecific")},
	"ldap.request.operation": {buf: rule.LDAPRequestOperation, names: value.LDAPOperations}, "ldap.responses.operation": {buf: rule.LDAPResponsesOperation, names: value.LDAPOperations},
	"ldap.responses.count": {buf: rule.LDAPResponsesCount}, "ldap.responses.result_code": {buf: rule.LDAPResponsesResult, names: value.LDAPResults},
	"mqtt.type": {buf: rule.MQTTType, names: map[string]int64{"connect": 1, "connack": 2, "publish": 3, "puback": 4, "pubrec": 5, "pubrel": 6, "pubcomp": 7,
		"subscribe": 8, "suback": 9, "unsubscribe": 10, "unsuback": 11, "pingreq": 12, "pingresp": 13, "disconnect": 14, "auth": 15, "unassigned": 0}},
	"mqtt.flags": {buf: rule.MQTTFlags, names: map[string]int64{"dup": 8, "retain": 1}, flags: true},
	"mqtt.qos":   {buf: rule.MQTTQoS}, "mqtt.reason_code": {buf: rule.MQTTReasonCode}, "mqtt.connack.return_code": {buf: rule.MQTTReasonCode},
	"mqtt.connect.flags":           {buf: rule.MQTTConnectFlags, names: map[string]int64{"username": 128, "password": 64, "will_retain": 32, "will": 4, "clean_session": 2}, flags: true},
	"mqtt.connack.session_present": {buf: rule.MQTTSessionPresent, names: map[string]int64{"no": 0, "false": 0, "yes": 1, "true": 1}},
	"mqtt.protocol_version":        {buf: rule.MQTTProtocolVersion},
	"rfb.sectype":                  {buf: rule.RFBSecType}, "rfb.secresult": {buf: rule.RFBSecResult, names: map[string]int64{"ok": 0, "fail": 1, "toomany": 2, "unknown": 3}},
	"ike.exchtype": {buf: rule.IKEExchType}, "ike.nonce_payload_length": {buf: rule.IKENonceLen}, "ike.key_exchange_payload_length": {buf: rule.IKEKeyExchangeLen},
	"dhcp.leasetime": {buf: rule.DHCPLeaseTime}, "dhcp.rebinding_time": {buf: rule.DHCPRebindingTime}, "dhcp.renewal_time": {buf: rule.DHCPRenewalTime},
	"websocket.opcode": {buf: rule.WebSocketOpcode, names: map[string]int64{"continuation": 0, "text": 1, "binary": 2, "connection_close": 8, "ping": 9, "pong": 10}},
	"websocket.mask":   {buf: rule.WebSocketMask}, "websocket.flags": {buf: rule.WebSocketFlags, names: map[string]int64{"fin": 128, "comp": 64}, flags: true},
	"ntp.version": {buf: rule.NTPVersion}, "ntp.stratum": {buf: rule.NTPStratum},
	"ntp.mode": {buf: rule.NTPMode, names: value.Enum("reserved", "symmetric_active", "symmetric_passive", "client", "server", "broadcast", "control", "private")},
	"enip_command": {buf: rule.ENIPCommand, names: map[string]int64{"nop": 0, "list_services": 4, "list_identity": 0x63, "list_interfaces": 0x64, "register_session": 0x65,
		"unregister_session": 0x66, "send_rrdata": 0x6f, "send_unit_data": 0x70, "indicate_status": 0x72, "cancel": 0x73}},
	"dnp3_func":         {buf: rule.DNP3Func, names: value.DNP3Functions},
	"enip.command":      {buf: rule.ENIPCommand},
	"enip.capabilities": {buf: rule.ENIPCapabilities}, "enip.cip_attribute": {buf: rule.ENIPCIPAttribute}, "enip.cip_class": {buf: rule.ENIPCIPClass},
	"enip.cip_instance": {buf: rule.ENIPCIPInstance}, "enip.cip_status": {buf: rule.ENIPCIPStatus}, "enip.cip_extendedstatus": {buf: rule.ENIPCIPExtStatus},
	"enip.vendor_id": {buf: rule.ENIPVendorID}, "enip.status": {buf: rule.ENIPStatus}, "enip.state": {buf: rule.ENIPState}, "enip.serial": {buf: rule.ENIPSerial},
	"enip.revision": {buf: rule.ENIPRevision}, "enip.protocol_version": {buf: rule.ENIPProtocolVersion}, "enip.product_code": {buf: rule.ENIPProductCode},
	"enip.identity_status": {buf: rule.ENIPIdentityStatus}, "enip.device_type": {buf: rule.ENIPDeviceType},
}

// set reads the keyword's value.
func (k numberKeyword) set(b *builder, v string) error {
	v = strings.TrimSpace(value.Unquote(v))
	if k.flags {
		if c, ok := k.bits(v); ok {
			return b.number(k.buf, c, rule.Which{})
		}
	}
	text, which, several := strings.Cut(v, ",")
	c, err := k.compare(strings.TrimSpace(text))
	if err != nil {
		return err
	}
	var w rule.Which
	if several {
		if w, err = value.Which(strings.TrimSpace(which)); err != nil {
			return err
		}
	}
	return b.number(k.buf, c, w)
}

// number adds a comparison in a section of its own: several keywords may be fulfilled by
// different values.
func (b *builder) number(buf rule.Buffer, c rule.Compare, w rule.Which) error {
	if b.matches++; b.matches > maxMatches {
		return fmt.Errorf("the rule has more than %d matches; split it", maxMatches)
	}
	b.r.Sections = append(b.r.Sections, rule.Section{Buffer: buf, Which: w, Matches: []rule.Match{&rule.Number{Compare: c}}})
	return nil
}

// bits reads "username,!password".
func (k numberKeyword) bits(v string) (rule.Compare, bool) {
	c := rule.Compare{Op: rule.OpMaskEqual}
	for word := range strings.SplitSeq(strings.ToLower(v), ",") {
		bare, not := strings.CutPrefix(strings.TrimSpace(word), "!")
		bit, ok := k.names[bare]
		if !ok {
			return c, false
		}
		c.A |= bit
		if !not {
			c.B |= bit
		}
	}
	return c, true
}

// value.Compare reads a comparison or a word.
func (k numberKeyword) compare(v string) (rule.Compare, error) {
	bare, not := strings.CutPrefix(strings.ToLower(v), "!")
	if n, ok := k.names[strings.TrimSpace(strings.TrimPrefix(bare, "="))]; ok {
		if not {
			return rule.Compare{Op: rule.OpNotEqual, A: n}, nil
		}
		return rule.Compare{A: n}, nil
	}
	return value.Mask(v)
}

// setList makes a keyword whose value is a list of numbers and ranges, such as "0-11,15".
func setList(buf rule.Buffer) func(*builder, string) error {
	return func(b *builder, v string) error {
		list := &rule.NumberList{}
		for item := range strings.SplitSeq(value.Unquote(v), ",") {
			lo, hi, ranged := strings.Cut(strings.TrimSpace(item), "-")
			first, err := strconv.ParseInt(strings.TrimSpace(lo), 10, 64)
			last := first
			if ranged && err == nil {
				last, err = strconv.ParseInt(strings.TrimSpace(hi), 10, 64)
			}
			if err != nil || first < 0 || last < first {
				if ranged || err == nil {
					return fmt.Errorf("%q is not a list of numbers; write for example 0-11,15", v)
				}
				c, err := value.Compare(v)
				if err != nil {
					return fmt.Errorf("%q is not a list of numbers; write for example 0-11,15", v)
				}
				return b.number(buf, c, rule.Which{})
			}
			list.Ranges = append(list.Ranges, [2]int64{first, last})
		}
		return b.inBuffer(buf, list)
	}
}

// weakTypes are the Kerberos encryption types that are broken (RFC 6649, RFC 8429).
var weakTypes = []int64{1, 2, 3, 5, 7, 16, 23, 24}

// setKRB5Encryption reads names and numbers of encryption types (IANA Kerberos registry).
func setKRB5Encryption(b *builder, v string) error {
	names := map[string]int64{"des-cbc-crc": 1, "des-cbc-md4": 2, "des-cbc-md5": 3, "des3-cbc-md5": 5, "des3-cbc-sha1": 7, "des3-cbc-sha1-kd": 16,
		"aes128-cts-hmac-sha1-96": 17, "aes256-cts-hmac-sha1-96": 18, "aes128-cts-hmac-sha256-128": 19, "aes256-cts-hmac-sha384-192": 20,
		"rc4-hmac": 23, "rc4-hmac-exp": 24, "camellia128-cts-cmac": 25, "camellia256-cts-cmac": 26}
	list := &rule.NumberList{}
	for word := range strings.SplitSeq(strings.ToLower(value.Unquote(v)), ",") {
		word = strings.TrimSpace(word)
		n, named := names[word]
		switch {
		case word == "weak":
			for _, n := range weakTypes {
				list.Ranges = append(list.Ranges, [2]int64{n, n})
			}
			continue
		case !named:
			m, err := strconv.ParseInt(word, 10, 32)
			if err != nil {
				return fmt.Errorf("%q is not an encryption type; use its name, its number or weak", word)
			}
			n = m
		}
		list.Ranges = append(list.Ranges, [2]int64{n, n})
	}
	return b.inBuffer(rule.KRB5Encryption, list)
}

// setDate makes a keyword that compares a certificate's date.
func setDate(buf rule.Buffer) func(*builder, string) error {
	return func(b *builder, v string) error {
		v = value.Unquote(v)
		if lo, hi, ok := strings.Cut(v, "<>"); ok {
			from, err1 := value.Date(lo)
			to, err2 := value.Date(hi)
			if err := errors.Join(err1, err2); err != nil || from >= to {
				return errors.Join(err, errors.New("write earlier<>later"))
			}
			return b.number(buf, rule.Compare{Op: rule.OpBetween, A: from, B: to}, rule.Which{})
		}
		op := rule.OpEqual
		for sign, o := range map[string]rule.Op{"<": rule.OpLess, ">": rule.OpGreater, "=": rule.OpEqual} {
			if rest, ok := strings.CutPrefix(v, sign); ok {
				op, v = o, rest
				break
			}
		}
		t, err := value.Date(v)
		if err != nil {
			return err
		}
		return b.number(buf, rule.Compare{Op: op, A: t}, rule.Which{})
	}
}

// setCertNow makes tls_cert_expired and tls_cert_valid, which value.Compare with the time of the
// traffic.
func setCertNow(valid bool) func(*builder, string) error {
	return func(b *builder, _ string) error {
		after := &rule.Now{Op: rule.OpLess}
		if !valid {
			return b.inBuffer(rule.TLSNotAfter, after)
		}
		if err := b.inBuffer(rule.TLSNotAfter, &rule.Now{Op: rule.OpGreaterEqual}); err != nil {
			return err
		}
		return b.inBuffer(rule.TLSNotBefore, &rule.Now{Op: rule.OpLessEqual})
	}
}
