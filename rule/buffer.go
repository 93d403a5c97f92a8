package rule

import "math/bits"

// Buffer names a piece of traffic on which contents are judged.
type Buffer uint8

// Buffers. BufPayload is what a rule without a sticky buffer looks at; the
// engine hands it over as packet payload and as stream window.
const (
	BufPayload Buffer = iota
	BufStream
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
	FileData
	FileName
	FileMagic
	DNSQuery
	DNSAnswerName
	TLSSNI
	TLSALPN
	TLSCertSubject
	TLSCertIssuer
	TLSCertSerial
	TLSCertFingerprint
	TLSCertAltName
	TLSCerts
	TLSVersion
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
	EmailSubject
	EmailMessageID
	EmailMailer
	EmailURL
	SSHProto
	SSHSoftware
	SSHHassh
	SSHHasshServer
	FTPCommand
	FTPCommandData
	FTPReply
	SMBNamedPipe
	SMBShare
	DCEStubData
	QUICSNI
	QUICUserAgent
	QUICVersion
	KRB5Cname
	KRB5Sname
	SNMPCommunity
	SIPMethod
	SIPURI
	LDAPRequest
	MQTTTopic
	RFBName
	Base64Data
	numBuffers
)

// NumBuffers is the number of buffers, for arrays indexed by Buffer.
const NumBuffers = int(numBuffers)

// Directions in which a buffer exists.
const (
	toServer = 1 << iota
	toClient
	bothWays = toServer | toClient
)

type bufferInfo struct {
	name    string
	aliases []string // older spellings that also select the buffer
	dir     uint8
	app     Proto // protocol it belongs to, ProtoUnknown for several
	multi   bool  // several values may exist at once, each judged alone
}

var buffers = [numBuffers]bufferInfo{
	BufPayload:         {name: "payload", dir: bothWays},
	BufStream:          {name: "stream", dir: bothWays},
	HTTPURI:            {name: "http.uri", dir: toServer, app: ProtoHTTP},
	HTTPURIRaw:         {name: "http.uri.raw", dir: toServer, app: ProtoHTTP},
	HTTPMethod:         {name: "http.method", dir: toServer, app: ProtoHTTP},
	HTTPHost:           {name: "http.host", dir: toServer, app: ProtoHTTP},
	HTTPHostRaw:        {name: "http.host.raw", dir: toServer, app: ProtoHTTP},
	HTTPUserAgent:      {name: "http.user_agent", dir: toServer, app: ProtoHTTP},
	HTTPHeader:         {name: "http.header", dir: bothWays, app: ProtoHTTP},
	HTTPHeaderRaw:      {name: "http.header.raw", dir: bothWays, app: ProtoHTTP},
	HTTPHeaderNames:    {name: "http.header_names", aliases: []string{"http_header_names"}, dir: bothWays, app: ProtoHTTP},
	HTTPRequestHeader:  {name: "http.request_header", dir: toServer, app: ProtoHTTP, multi: true},
	HTTPResponseHeader: {name: "http.response_header", dir: toClient, app: ProtoHTTP, multi: true},
	HTTPRequestLine:    {name: "http.request_line", aliases: []string{"http_request_line"}, dir: toServer, app: ProtoHTTP},
	HTTPRequestBody:    {name: "http.request_body", dir: toServer, app: ProtoHTTP},
	HTTPCookie:         {name: "http.cookie", dir: bothWays, app: ProtoHTTP},
	HTTPReferer:        {name: "http.referer", aliases: []string{"http_referer"}, dir: toServer, app: ProtoHTTP},
	HTTPContentType:    {name: "http.content_type", aliases: []string{"http_content_type"}, dir: bothWays, app: ProtoHTTP},
	HTTPContentLen:     {name: "http.content_len", aliases: []string{"http_content_len"}, dir: bothWays, app: ProtoHTTP},
	HTTPAccept:         {name: "http.accept", aliases: []string{"http_accept"}, dir: toServer, app: ProtoHTTP},
	HTTPAcceptEnc:      {name: "http.accept_enc", aliases: []string{"http_accept_enc"}, dir: toServer, app: ProtoHTTP},
	HTTPAcceptLang:     {name: "http.accept_lang", aliases: []string{"http_accept_lang"}, dir: toServer, app: ProtoHTTP},
	HTTPConnection:     {name: "http.connection", aliases: []string{"http_connection"}, dir: bothWays, app: ProtoHTTP},
	HTTPStart:          {name: "http.start", aliases: []string{"http_start"}, dir: bothWays, app: ProtoHTTP},
	HTTPProtocol:       {name: "http.protocol", aliases: []string{"http_protocol"}, dir: bothWays, app: ProtoHTTP},
	HTTPStatCode:       {name: "http.stat_code", dir: toClient, app: ProtoHTTP},
	HTTPStatMsg:        {name: "http.stat_msg", dir: toClient, app: ProtoHTTP},
	HTTPResponseLine:   {name: "http.response_line", aliases: []string{"http_response_line"}, dir: toClient, app: ProtoHTTP},
	HTTPServer:         {name: "http.server", dir: toClient, app: ProtoHTTP},
	HTTPLocation:       {name: "http.location", dir: toClient, app: ProtoHTTP},
	HTTPResponseBody:   {name: "http.response_body", dir: toClient, app: ProtoHTTP},
	FileData:           {name: "file.data", aliases: []string{"file_data"}, dir: bothWays, multi: true},
	FileName:           {name: "file.name", dir: bothWays, multi: true},
	FileMagic:          {name: "file.magic", dir: bothWays, multi: true},
	DNSQuery:           {name: "dns.query", aliases: []string{"dns_query", "dns.query.name", "dns.queries.rrname"}, dir: toServer, app: ProtoDNS, multi: true},
	DNSAnswerName:      {name: "dns.answer.name", aliases: []string{"dns.answers.rrname"}, dir: toClient, app: ProtoDNS, multi: true},
	TLSSNI:             {name: "tls.sni", aliases: []string{"tls_sni"}, dir: toServer, app: ProtoTLS},
	TLSALPN:            {name: "tls.alpn", dir: bothWays, app: ProtoTLS, multi: true},
	TLSCertSubject:     {name: "tls.cert_subject", aliases: []string{"tls_cert_subject"}, dir: bothWays, app: ProtoTLS},
	TLSCertIssuer:      {name: "tls.cert_issuer", aliases: []string{"tls_cert_issuer"}, dir: bothWays, app: ProtoTLS},
	TLSCertSerial:      {name: "tls.cert_serial", aliases: []string{"tls_cert_serial"}, dir: bothWays, app: ProtoTLS},
	TLSCertFingerprint: {name: "tls.cert_fingerprint", aliases: []string{"tls_cert_fingerprint"}, dir: bothWays, app: ProtoTLS},
	TLSCertAltName:     {name: "tls.subjectaltname", dir: bothWays, app: ProtoTLS, multi: true},
	TLSCerts:           {name: "tls.certs", dir: bothWays, app: ProtoTLS, multi: true},
	TLSVersion:         {name: "tls.version.text", dir: bothWays, app: ProtoTLS},
	JA3Hash:            {name: "ja3.hash", aliases: []string{"ja3_hash"}, dir: toServer},
	JA3String:          {name: "ja3.string", aliases: []string{"ja3_string"}, dir: toServer},
	JA3SHash:           {name: "ja3s.hash", aliases: []string{"ja3s_hash"}, dir: toClient},
	JA3SString:         {name: "ja3s.string", aliases: []string{"ja3s_string"}, dir: toClient},
	JA4Hash:            {name: "ja4.hash", dir: toServer},
	SMTPHelo:           {name: "smtp.helo", dir: toServer, app: ProtoSMTP},
	SMTPMailFrom:       {name: "smtp.mail_from", dir: toServer, app: ProtoSMTP},
	SMTPRcptTo:         {name: "smtp.rcpt_to", dir: toServer, app: ProtoSMTP, multi: true},
	EmailFrom:          {name: "email.from", dir: toServer, app: ProtoSMTP},
	EmailTo:            {name: "email.to", dir: toServer, app: ProtoSMTP},
	EmailSubject:       {name: "email.subject", dir: toServer, app: ProtoSMTP},
	EmailMessageID:     {name: "email.message_id", dir: toServer, app: ProtoSMTP},
	EmailMailer:        {name: "email.x_mailer", dir: toServer, app: ProtoSMTP},
	EmailURL:           {name: "email.url", dir: toServer, app: ProtoSMTP, multi: true},
	SSHProto:           {name: "ssh.proto", aliases: []string{"ssh_proto", "ssh.protoversion.text"}, dir: bothWays, app: ProtoSSH},
	SSHSoftware:        {name: "ssh.software", aliases: []string{"ssh_software"}, dir: bothWays, app: ProtoSSH},
	SSHHassh:           {name: "ssh.hassh", dir: toServer, app: ProtoSSH},
	SSHHasshServer:     {name: "ssh.hassh.server", dir: toClient, app: ProtoSSH},
	FTPCommand:         {name: "ftp.command", dir: toServer, app: ProtoFTP},
	FTPCommandData:     {name: "ftp.command_data", dir: toServer, app: ProtoFTP},
	FTPReply:           {name: "ftp.reply", dir: toClient, app: ProtoFTP, multi: true},
	SMBNamedPipe:       {name: "smb.named_pipe", aliases: []string{"smb_named_pipe"}, dir: toServer, app: ProtoSMB},
	SMBShare:           {name: "smb.share", aliases: []string{"smb_share"}, dir: toServer, app: ProtoSMB},
	DCEStubData:        {name: "dcerpc.stub_data", aliases: []string{"dce_stub_data"}, dir: bothWays},
	QUICSNI:            {name: "quic.sni", dir: toServer, app: ProtoQUIC},
	QUICUserAgent:      {name: "quic.ua", dir: toServer, app: ProtoQUIC},
	QUICVersion:        {name: "quic.version", dir: bothWays, app: ProtoQUIC},
	KRB5Cname:          {name: "krb5.cname", aliases: []string{"krb5_cname"}, dir: bothWays, app: ProtoKRB5, multi: true},
	KRB5Sname:          {name: "krb5.sname", aliases: []string{"krb5_sname"}, dir: bothWays, app: ProtoKRB5, multi: true},
	SNMPCommunity:      {name: "snmp.community", dir: bothWays, app: ProtoSNMP},
	SIPMethod:          {name: "sip.method", dir: toServer, app: ProtoSIP},
	SIPURI:             {name: "sip.uri", dir: toServer, app: ProtoSIP},
	LDAPRequest:        {name: "ldap.request.dn", dir: toServer, app: ProtoLDAP},
	MQTTTopic:          {name: "mqtt.publish.topic", dir: bothWays, app: ProtoMQTT},
	RFBName:            {name: "rfb.name", dir: toClient, app: ProtoRFB},
	Base64Data:         {name: "base64_data", dir: bothWays},
}

// Names are the keywords that select the buffer, its own first.
func (b Buffer) Names() []string { return append([]string{buffers[b].name}, buffers[b].aliases...) }

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

// App is the application protocol the buffer belongs to, ProtoUnknown when
// several have it.
func (b Buffer) App() Proto { return buffers[b].app }

// BufferSet is a set of buffers; its zero value is empty.
type BufferSet [2]uint64

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
func (s BufferSet) Has(b Buffer) bool { return s[b>>6]&(1<<(b&63)) != 0 }

// Empty says whether nothing is in the set.
func (s BufferSet) Empty() bool { return s[0]|s[1] == 0 }

// Len counts the buffers in the set.
func (s BufferSet) Len() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }

// Union returns the buffers in either set.
func (s BufferSet) Union(o BufferSet) BufferSet { return BufferSet{s[0] | o[0], s[1] | o[1]} }

// Intersects says whether the sets share a buffer.
func (s BufferSet) Intersects(o BufferSet) bool { return s[0]&o[0]|s[1]&o[1] != 0 }

// Contains says whether all of o is in s.
func (s BufferSet) Contains(o BufferSet) bool { return o[0]&^s[0]|o[1]&^s[1] == 0 }
