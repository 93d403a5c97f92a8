package rule

// Proto is the protocol of a rule's header: a network or transport protocol,
// or an application protocol that the engine recognises on the flow.
type Proto uint8

// Protocols. From ProtoHTTP on they are application protocols.
const (
	ProtoUnknown Proto = iota
	ProtoIP
	ProtoIPv4
	ProtoIPv6
	ProtoTCP
	ProtoTCPPkt
	ProtoTCPStream
	ProtoUDP
	ProtoICMP
	ProtoICMPv6
	ProtoSCTP
	ProtoGRE
	ProtoESP
	ProtoPacketHeader // a packet as such, decoded or not
	ProtoHTTP
	ProtoHTTP1
	ProtoHTTP2
	ProtoTLS
	ProtoDNS
	ProtoSMTP
	ProtoFTP
	ProtoFTPData
	ProtoSSH
	ProtoSMB
	ProtoDCERPC
	ProtoQUIC
	ProtoIMAP
	ProtoPOP3
	ProtoRDP
	ProtoRFB
	ProtoTelnet
	ProtoTFTP
	ProtoNTP
	ProtoDHCP
	ProtoSNMP
	ProtoSIP
	ProtoNFS
	ProtoKRB5
	ProtoLDAP
	ProtoMQTT
	ProtoModbus
	ProtoDNP3
	ProtoENIP
	ProtoIKE
	ProtoPGSQL
	ProtoMySQL
	ProtoBitTorrent
	ProtoWebSocket
	ProtoMDNS
	ProtoDoH2
	ProtoIRC
	ProtoFailed // recognition ended without a name; never a rule's header
	numProtos
)

// NumProtos is the number of protocols, for tables indexed by Proto.
const NumProtos = int(numProtos)

var protoNames = [...]string{
	ProtoUnknown: "unknown", ProtoIP: "ip", ProtoIPv4: "ipv4", ProtoIPv6: "ipv6", ProtoTCP: "tcp",
	ProtoTCPPkt: "tcp-pkt", ProtoTCPStream: "tcp-stream", ProtoUDP: "udp", ProtoICMP: "icmp",
	ProtoICMPv6: "icmpv6", ProtoSCTP: "sctp", ProtoGRE: "gre", ProtoESP: "esp", ProtoPacketHeader: "pkthdr",
	ProtoHTTP: "http", ProtoHTTP1: "http1", ProtoHTTP2: "http2", ProtoTLS: "tls", ProtoDNS: "dns",
	ProtoSMTP: "smtp", ProtoFTP: "ftp", ProtoFTPData: "ftp-data", ProtoSSH: "ssh", ProtoSMB: "smb",
	ProtoDCERPC: "dcerpc", ProtoQUIC: "quic", ProtoIMAP: "imap", ProtoPOP3: "pop3", ProtoRDP: "rdp",
	ProtoRFB: "rfb", ProtoTelnet: "telnet", ProtoTFTP: "tftp", ProtoNTP: "ntp", ProtoDHCP: "dhcp",
	ProtoSNMP: "snmp", ProtoSIP: "sip", ProtoNFS: "nfs", ProtoKRB5: "krb5", ProtoLDAP: "ldap",
	ProtoMQTT: "mqtt", ProtoModbus: "modbus", ProtoDNP3: "dnp3", ProtoENIP: "enip", ProtoIKE: "ike",
	ProtoPGSQL: "pgsql", ProtoMySQL: "mysql", ProtoBitTorrent: "bittorrent-dht",
	ProtoWebSocket: "websocket", ProtoMDNS: "mdns", ProtoDoH2: "doh2", ProtoIRC: "irc", ProtoFailed: "failed",
}

func (p Proto) String() string {
	if int(p) < len(protoNames) {
		return protoNames[p]
	}
	return "unknown"
}

// App says whether p is an application protocol.
func (p Proto) App() bool { return p >= ProtoHTTP && p < ProtoFailed }

// Includes says whether a rule for p applies to a flow recognised as app.
func (p Proto) Includes(app Proto) bool {
	switch p {
	case app:
		return true
	case ProtoHTTP:
		return app == ProtoHTTP1 || app == ProtoHTTP2 || app == ProtoDoH2
	case ProtoHTTP1:
		return app == ProtoHTTP
	case ProtoHTTP2, ProtoDNS:
		return app == ProtoDoH2
	case ProtoDCERPC:
		return app == ProtoSMB
	}
	return false
}

// IP protocol numbers used by rules (IANA "Assigned Internet Protocol Numbers").
const (
	IPProtoICMP   = 1
	IPProtoTCP    = 6
	IPProtoUDP    = 17
	IPProtoGRE    = 47
	IPProtoESP    = 50
	IPProtoICMPv6 = 58
	IPProtoSCTP   = 132
)

// Carries says whether a rule for p can apply to a packet of that IP protocol
// number and version (4 or 6).
func (p Proto) Carries(ipProto uint8, version int) bool {
	switch p {
	case ProtoIP, ProtoPacketHeader:
		return true
	case ProtoIPv4:
		return version == 4
	case ProtoIPv6:
		return version == 6
	case ProtoTCP, ProtoTCPPkt, ProtoTCPStream:
		return ipProto == IPProtoTCP
	case ProtoUDP:
		return ipProto == IPProtoUDP
	case ProtoICMP:
		return ipProto == IPProtoICMP || ipProto == IPProtoICMPv6
	case ProtoICMPv6:
		return ipProto == IPProtoICMPv6
	case ProtoSCTP:
		return ipProto == IPProtoSCTP
	case ProtoGRE:
		return ipProto == IPProtoGRE
	case ProtoESP:
		return ipProto == IPProtoESP
	case ProtoDNS, ProtoSIP, ProtoKRB5, ProtoNFS, ProtoLDAP, ProtoDCERPC, ProtoDNP3, ProtoENIP:
		return ipProto == IPProtoTCP || ipProto == IPProtoUDP
	case ProtoQUIC, ProtoTFTP, ProtoNTP, ProtoDHCP, ProtoSNMP, ProtoIKE, ProtoBitTorrent, ProtoMDNS:
		return ipProto == IPProtoUDP
	}
	return p.App() && ipProto == IPProtoTCP
}
