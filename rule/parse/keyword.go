package parse

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"otasuke/rule"
	"otasuke/rule/option"
)

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
		"noalert": {valueNone, setNoAlert}, "alert": {valueNone, ignore}, "tag": {valueOptional, onRule(option.Tag)}, "config": {set: onRule(option.Config)},

		"content": {set: setContent}, "uricontent": {set: setURIContent}, "nocase": {valueNone, setNocase},
		"depth": {set: setDepth}, "offset": {set: setOffset}, "distance": {set: setDistance},
		"within": {set: setWithin}, "startswith": {valueNone, setStartsWith}, "endswith": {valueNone, setEndsWith},
		"fast_pattern": {valueOptional, setFastPattern}, "rawbytes": {valueNone, ignore},
		"prefilter": {valueNone, ignore}, "pcre": {set: setPCRE}, "isdataat": {set: setIsDataAt},
		"bsize": {set: setBSize}, "urilen": {set: setURILen}, "byte_test": {set: setByteTest},
		"byte_jump": {set: setByteJump}, "byte_extract": {set: setByteExtract}, "byte_math": {set: setByteMath},
		"base64_decode": {valueOptional, setBase64Decode},

		"flow": {set: setFlow}, "flowbits": {set: onRule(option.Flowbits)}, "flowint": {set: onRule(option.Flowint)},
		"flowvar": {set: onRule(option.Var(rule.VarFlow))}, "pktvar": {set: onRule(option.Var(rule.VarPacket))},
		"xbits": {set: onRule(option.Xbits)}, "hostbits": {set: onRule(option.Hostbits)}, "threshold": {set: onRule(option.Threshold)},
		"detection_filter": {set: onRule(option.DetectionFilter)}, "stream_size": {set: onRule(option.StreamSize)},
		"app-layer-protocol": {set: setAppProto},

		"dsize": {set: packetField(rule.FieldDsize)}, "ttl": {set: packetField(rule.FieldTTL)},
		"id": {set: packetField(rule.FieldIPID)}, "tos": {set: packetField(rule.FieldTOS)},
		"itype": {set: packetField(rule.FieldICMPType)}, "icode": {set: packetField(rule.FieldICMPCode)},
		"icmp_id": {set: packetField(rule.FieldICMPID)}, "icmp_seq": {set: packetField(rule.FieldICMPSeq)},
		"seq": {set: packetField(rule.FieldTCPSeq)}, "tcp.seq": {set: packetField(rule.FieldTCPSeq)},
		"ack": {set: packetField(rule.FieldTCPAck)}, "tcp.ack": {set: packetField(rule.FieldTCPAck)},
		"window": {set: packetField(rule.FieldTCPWindow)}, "tcp.window": {set: packetField(rule.FieldTCPWindow)},
		"tcp.mss": {set: packetField(rule.FieldTCPMSS)}, "fragoffset": {set: packetField(rule.FieldFragOffset)},
		"ip_proto": {set: setIPProto}, "l3_proto": {set: setNetwork}, "flags": {set: setTCPFlags}, "tcp.flags": {set: setTCPFlags},
		"fragbits": {set: setFragBits}, "sameip": {valueNone, setSameIP},

		"decode-event": {set: setEvent(rule.PacketEvent, "")}, "engine-event": {set: setEvent(rule.PacketEvent, "")},
		"stream-event": {set: setEvent(rule.PacketEvent, "stream.")}, "app-layer-event": {set: setEvent(rule.AppEvent, "")},
		"ipv4-csum": {set: setChecksum(rule.FieldIPv4Checksum)}, "tcpv4-csum": {set: setChecksum(rule.FieldTCPv4Checksum)},
		"tcpv6-csum": {set: setChecksum(rule.FieldTCPv6Checksum)}, "udpv4-csum": {set: setChecksum(rule.FieldUDPv4Checksum)},
		"udpv6-csum": {set: setChecksum(rule.FieldUDPv6Checksum)}, "icmpv4-csum": {set: setChecksum(rule.FieldICMPv4Checksum)},
		"icmpv6-csum": {set: setChecksum(rule.FieldICMPv6Checksum)}, "ipopts": {set: setIPOptions},
		"vlan.id": {set: setVLANID}, "vlan.layers": {set: packetField(rule.FieldVLANLayers)},
		"tcp.wscale": {set: packetField(rule.FieldTCPScale)}, "icmpv6.mtu": {set: packetField(rule.FieldICMPv6MTU)},
		"vxlan_vni": {set: packetField(rule.FieldVXLAN)},
		"flow.age":  {set: flowField(rule.FieldFlowAge)}, "flow.pkts_toserver": {set: flowField(rule.FieldFlowPacketsToServer)},
		"flow.pkts_toclient":  {set: flowField(rule.FieldFlowPacketsToClient)},
		"flow.bytes_toserver": {set: flowField(rule.FieldFlowBytesToServer)}, "flow.bytes_toclient": {set: flowField(rule.FieldFlowBytesToClient)},
		"flow.pkts":  {set: setFlowCount(rule.FieldFlowPacketsToServer, rule.FieldFlowPacketsToClient, rule.FieldFlowPackets)},
		"flow.bytes": {set: setFlowCount(rule.FieldFlowBytesToServer, rule.FieldFlowBytesToClient, rule.FieldFlowBytes)},

		"dataset": {set: setDataset}, "datarep": {set: setDatarep}, "iprep": {set: onRule(option.Reputation)}, "geoip": {set: onRule(option.Country)},
		"absent": {valueOptional, setAbsent}, "entropy": {set: setEntropy},
		"filemd5": {set: setHashes(rule.FileMD5, "md5")}, "filesha1": {set: setHashes(rule.FileSHA1, "sha1")},
		"filesha256": {set: setHashes(rule.FileSHA256, "sha256")}, "filemagic": {set: valueContent(rule.FileMagic, true)},
		"filestore": {valueOptional, ignore}, "tls.store": {valueNone, ignore}, "tls_store": {valueNone, ignore}, "bypass": {valueNone, setBypass},
		"ssl_version": {set: setSSLVersion}, "ssl_state": {set: setTLSState},
		"tls_cert_notbefore": {set: setDate(rule.TLSNotBefore)}, "tls_cert_notafter": {set: setDate(rule.TLSNotAfter)},
		"tls_cert_expired": {valueNone, setCertNow(false)}, "tls_cert_valid": {valueNone, setCertNow(true)},
		"krb5.ticket_encryption": {set: setKRB5Encryption},
		"dcerpc.iface":           {set: matchOf(option.Interface)}, "dce_iface": {set: matchOf(option.Interface)}, "dcerpc.opnum": {set: setList(rule.DCEOpnum)}, "dce_opnum": {set: setList(rule.DCEOpnum)},
		"modbus": {set: matchOf(option.Modbus)}, "dnp3_obj": {set: matchOf(option.DNP3Object)}, "dnp3_ind": {set: matchOf(option.DNP3Indications)},
		"frame": {set: setFrame}, "asn1": {set: setASN1}, "rpc": {set: setRPC}, "template2": {set: packetField(rule.FieldTTL)},
		"cip_service": {set: matchOf(option.CIPService)}, "http2.settings": {set: matchOf(option.HTTP2Setting)}, "ike.chosen_sa_attribute": {set: matchOf(option.IKEAttribute)},
		"ftpdata_command": {set: setFTPDataCommand}, "ftpbounce": {valueNone, setBounce}, "nfs_procedure": {set: setNFSProcedure},
		"ssh.protoversion": {set: matchOf(option.SSHVersion)}, "ssh.softwareversion": {set: valueContent(rule.SSHSoftware, true)},

		"tls.version": {set: setTLSVersion}, "tls.subject": {set: valueContent(rule.TLSCertSubject, false)},
		"tls.issuerdn": {set: valueContent(rule.TLSCertIssuer, false)}, "tls.fingerprint": {set: valueContent(rule.TLSCertFingerprint, true)},
		"filename": {set: valueContent(rule.FileName, true)}, "fileext": {set: setFileExt},
	}
	keywords["icmp-seq"], keywords["ipproto"] = keywords["icmp_seq"], keywords["ip_proto"]
}

// refused are keywords of the language that this version does not run, with
// what to do about it.
var refused = map[string]string{
	"lua":             "rules must not bring program code; express the condition with other keywords",
	"luajit":          "rules must not bring program code; express the condition with other keywords",
	"luaxform":        "rules must not bring program code; use the other transforms",
	"app-layer-state": "the state of a transaction is not offered; use the buffer that it shows",
	"nfq_set_mark":    "marks belong to the box itself; remove the keyword",
	"replace":         "traffic is never rewritten; use drop",
}

// onRule makes a handler of a function that needs only the rule.
func onRule(f func(*rule.Rule, string) error) func(*builder, string) error {
	return func(b *builder, v string) error { return f(b.r, v) }
}

// matchOf makes a handler of a function that reads a match on a buffer of its own.
func matchOf(f func(string) (rule.Buffer, rule.Match, error)) func(*builder, string) error {
	return func(b *builder, v string) error {
		buf, m, err := f(v)
		if err != nil {
			return err
		}
		return b.inBuffer(buf, m)
	}
}

// setFrame reads "http1.request", or in a rule for a protocol "request".
func setFrame(b *builder, v string) error {
	name := strings.TrimSpace(v)
	if name == "stream" || strings.HasSuffix(name, ".stream") { // all that a direction sends
		b.stick(rule.BufPayload)
		b.r.Flow.OnlyStream, b.sticky = true, true
		return nil
	}
	buf, ok := rule.FrameOf(b.r.Proto, name)
	if !ok {
		return fmt.Errorf("the frame %q is not known; use the protocol's buffers", name)
	}
	b.stick(buf)
	return nil
}

func setASN1(b *builder, v string) error {
	m, err := option.ASN1(v)
	if err != nil {
		return err
	}
	return b.add(m)
}

func setRPC(b *builder, v string) error {
	if b.r.Proto != rule.ProtoUDP && !b.r.Proto.Carries(rule.IPProtoTCP, 4) || b.r.Proto == rule.ProtoIP {
		return errors.New("calls stand elsewhere in TCP and in UDP; write a rule for each")
	}
	ms, err := option.RPC(v, b.r.Proto != rule.ProtoUDP)
	if err != nil {
		return err
	}
	b.forcePacket = true
	return b.inBuffer(rule.BufPayload, ms...)
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
	for name := range numberKeywords {
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
