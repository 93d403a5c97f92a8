package rule

import (
	"math/bits"
	"strings"
)

// Buffer names a piece of traffic on which contents, or for some a number, are judged.
type Buffer uint16

// Buffers. BufPayload is what a rule without a sticky buffer looks at; the
// engine hands it over as packet payload and as stream window. PacketEvent and
// AppEvent hold the names of events. A buffer of which [Buffer.Number] holds is 8
// bytes, most significant first.
const (
	BufPayload Buffer = iota
	BufStream
	PacketEvent
	AppEvent
	IPSrc
	IPDst
	IPv4Header
	IPv6Header
	TCPHeader
	UDPHeader
	ICMPv4Header
	ICMPv6Header
	Base64Data
	HTTPURI
	HTTPURIRaw
	HTTPMethod
	HTTPHost
	HTTPHostRaw
	HTTPUserAgent
	HTTPHeader
	HTTPHeaderRaw
	HTTPHeaderNames
	HTTPRequestHeader
	HTTPResponseHeader
	HTTPRequestLine
	HTTPRequestBody
	HTTPCookie
	HTTPReferer
	HTTPContentType
	HTTPContentLen
	HTTPAccept
	HTTPAcceptEnc
	HTTPAcceptLang
	HTTPConnection
	HTTPStart
	HTTPProtocol
	HTTPStatCode
	HTTPStatMsg
	HTTPResponseLine
	HTTPServer
	HTTPLocation
	HTTPResponseBody
	HTTP2FrameType
	HTTP2ErrorCode
	HTTP2Priority
	HTTP2Window
	HTTP2SizeUpdate
	HTTP2Settings
	HTTP2HeaderName
	FileData
	FileName
	FileMagic
	FileMD5
	FileSHA1
	FileSHA256
	FileSize
	DNSQuery
	DNSQueries
	DNSAnswerName
	DNSAdditionals
	DNSAuthorities
	DNSResponse
	DNSOpcode
	DNSRcode
	DNSRRType
	MDNSQueries
	MDNSAnswers
	MDNSAdditionals
	MDNSAuthorities
	MDNSResponse
	TLSSNI
	TLSALPN
	TLSCertSubject
	TLSCertIssuer
	TLSCertSerial
	TLSCertFingerprint
	TLSCertAltName
	TLSCerts
	TLSRandom
	TLSRandomTime
	TLSRandomBytes
	TLSVersion
	TLSState
	TLSChainLen
	TLSNotBefore
	TLSNotAfter
	JA3Hash
	JA3String
	JA3SHash
	JA3SString
	JA4Hash
	SMTPHelo
	SMTPMailFrom
	SMTPRcptTo
	EmailFrom
	EmailTo
	EmailCC
	EmailSubject
	EmailDate
	EmailMessageID
	EmailMailer
	EmailURL
	EmailReceived
	SSHProto
	SSHSoftware
	SSHHassh
	SSHHasshServer
	SSHHasshString
	SSHHasshServerString
	FTPCommand
	FTPCommandData
	FTPReply
	FTPCompletionCode
	FTPMode
	FTPDynamicPort
	FTPReplyReceived
	FTPDataCommand
	SMBNamedPipe
	SMBShare
	SMBNTLMUser
	SMBNTLMDomain
	SMBVersion
	DCEStubData
	DCEInterface
	DCEOpnum
	NFSProcedure
	NFSVersion
	QUICSNI
	QUICUserAgent
	QUICVersion
	QUICCyuHash
	QUICCyuString
	KRB5Cname
	KRB5Sname
	KRB5MsgType
	KRB5ErrCode
	KRB5Encryption
	SNMPCommunity
	SNMPUSM
	SNMPVersion
	SNMPPDUType
	SNMPTrapType
	SIPMethod
	SIPURI
	SIPProtocol
	SIPStatCode
	SIPStatMsg
	SIPRequestLine
	SIPResponseLine
	SIPFrom
	SIPTo
	SIPVia
	SIPUserAgent
	SIPContentType
	SIPContentLength
	SDPSessionName
	SDPSessionInfo
	SDPOrigin
	SDPURI
	SDPEmail
	SDPPhone
	SDPConnection
	SDPBandwidth
	SDPTime
	SDPRepeatTime
	SDPTimezone
	SDPEncryptionKey
	SDPAttribute
	SDPMedia
	SDPMediaInfo
	SDPMediaConnection
	SDPMediaEncryptionKey
	LDAPRequestDN
	LDAPResponsesDN
	LDAPResponsesMessage
	LDAPRequestAttribute
	LDAPResponsesAttribute
	LDAPRequestOperation
	LDAPResponsesOperation
	LDAPResponsesCount
	LDAPResponsesResult
	MQTTPublishTopic
	MQTTPublishMessage
	MQTTSubscribeTopic
	MQTTUnsubscribeTopic
	MQTTClientID
	MQTTUsername
	MQTTPassword
	MQTTProtocolString
	MQTTWillTopic
	MQTTWillMessage
	MQTTType
	MQTTFlags
	MQTTQoS
	MQTTReasonCode
	MQTTConnectFlags
	MQTTSessionPresent
	MQTTProtocolVersion
	RFBName
	RFBSecType
	RFBSecResult
	IKEInitSPI
	IKERespSPI
	IKEVendor
	IKENonce
	IKEKeyExchange
	IKEExchType
	IKENonceLen
	IKEKeyExchangeLen
	IKESAAttribute
	DHCPLeaseTime
	DHCPRebindingTime
	DHCPRenewalTime
	WebSocketPayload
	WebSocketOpcode
	WebSocketMask
	WebSocketFlags
	PGSQLQuery
	NTPVersion
	NTPMode
	NTPStratum
	NTPReferenceID
	DNP3Data
	DNP3Func
	DNP3Ind
	DNP3Obj
	Modbus
	ENIPCommand
	CIPService
	ENIPProductName
	ENIPServiceName
	ENIPCapabilities
	ENIPCIPAttribute
	ENIPCIPClass
	ENIPCIPInstance
	ENIPCIPStatus
	ENIPCIPExtStatus
	ENIPVendorID
	ENIPStatus
	ENIPState
	ENIPSerial
	ENIPRevision
	ENIPProtocolVersion
	ENIPProductCode
	ENIPIdentityStatus
	ENIPDeviceType
	// Pieces of messages as they were sent (frame).
	FrameHTTP1Request
	FrameHTTP1Response
	FrameDNSPDU
	FrameSIPPDU
	FrameSIPRequestLine
	FrameSIPRequestHeaders
	FrameSIPRequestBody
	FrameSIPResponseLine
	FrameSIPResponseHeaders
	FrameSIPResponseBody
	FrameWebSocketHeader
	FrameWebSocketPDU
	FrameWebSocketData
	FrameDCEHdr
	FrameDCEData
	FrameDCEPDU
	FrameENIPHdr
	FrameENIPData
	FrameENIPPDU
	FrameENIPItem
	FrameENIPCIP
	FrameSSHRecordHdr
	FrameSSHRecordData
	FrameSSHRecordPDU
	FrameMQTTPDU
	FrameMQTTHeader
	FrameMQTTData
	FrameLDAPPDU
	FrameTLSPDU
	FrameTLSHdr
	FrameTLSData
	FrameSMTPCommandLine
	FrameSMTPResponseLine
	numBuffers
)

// NumBuffers is the number of buffers, for arrays indexed by Buffer.
const NumBuffers = int(numBuffers)

// Names are the sticky buffer keywords that select the buffer, its own first; empty
// for those that only keywords with a value reach.
func (b Buffer) Names() []string {
	if buffers[b].keyword {
		return nil
	}
	return append([]string{buffers[b].name}, buffers[b].aliases...)
}

func (b Buffer) String() string {
	if int(b) < NumBuffers {
		return buffers[b].name
	}
	return "unknown"
}

// ToServer says whether the buffer exists in what the client sends.
func (b Buffer) ToServer() bool { return buffers[b].dir&toServer != 0 }

// ToClient says whether the buffer exists in what the server sends.
func (b Buffer) ToClient() bool { return buffers[b].dir&toClient != 0 }

// Multi says whether several values of the buffer may exist at once; each is
// judged alone.
func (b Buffer) Multi() bool { return buffers[b].multi }

// Frame is the name of the frame within its protocol, "" for what is none.
func (b Buffer) Frame() string {
	if !buffers[b].frame {
		return ""
	}
	_, name, _ := strings.Cut(buffers[b].name, ".")
	return name
}

// FrameOf finds a frame by its name, with or without the protocol before it.
func FrameOf(p Proto, name string) (Buffer, bool) {
	if p == ProtoHTTP {
		p = ProtoHTTP1
	}
	short := p.String() + "." + name
	for b := range buffers {
		if buffers[b].frame && (buffers[b].name == name || buffers[b].name == short) {
			return Buffer(b), true
		}
	}
	return 0, false
}

// Number says whether the buffer holds a number.
func (b Buffer) Number() bool { return buffers[b].number }

// Packet says whether the buffer is a piece of a single packet.
func (b Buffer) Packet() bool { return b == PacketEvent || b >= IPSrc && b <= ICMPv6Header }

// App is the application protocol the buffer belongs to, ProtoUnknown when
// several have it.
func (b Buffer) App() Proto { return buffers[b].app }

// BufferSet is a set of buffers; its zero value is empty.
type BufferSet [(NumBuffers + 63) / 64]uint64

// SetOf makes a set.
func SetOf(bs ...Buffer) BufferSet {
	var s BufferSet
	for _, b := range bs {
		s.Add(b)
	}
	return s
}

// Add puts b into the set.
func (s *BufferSet) Add(b Buffer) { s[b>>6] |= 1 << (b & 63) }

// Remove takes b out of the set.
func (s *BufferSet) Remove(b Buffer) { s[b>>6] &^= 1 << (b & 63) }

// Has says whether b is in the set.
func (s *BufferSet) Has(b Buffer) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// Empty says whether nothing is in the set.
func (s *BufferSet) Empty() bool { return *s == BufferSet{} }

// Len counts the buffers in the set.
func (s *BufferSet) Len() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// Intersects says whether the sets share a buffer.
func (s *BufferSet) Intersects(o *BufferSet) bool {
	for i, w := range s {
		if w&o[i] != 0 {
			return true
		}
	}
	return false
}

// Contains says whether all of o is in s.
func (s *BufferSet) Contains(o *BufferSet) bool {
	for i, w := range o {
		if w&^s[i] != 0 {
			return false
		}
	}
	return true
}
