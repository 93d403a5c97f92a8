package appid

import (
	"fmt"
	"strings"
	"testing"

	"otasuke/rule"
)

// said is what one side sends; over UDP one datagram.
type said struct {
	dir int
	b   string
}

// found is what recognition makes of a conversation: the protocol, and the events.
func found(c *Config, e Ends, talk []said, cut int) string {
	var t Track
	var first [2][]byte
	var size [2]uint64
	var events []string
	look := func(dir int, b []byte) {
		if t.Done(dir) {
			return
		}
		read, event := c.Look(&t, e, dir, b, size)
		if event != "" {
			events = append(events, event)
		}
		if other := first[1-dir]; read && !e.UDP && len(other) > 0 && !t.Done(1-dir) {
			if _, event := c.Look(&t, e, 1-dir, other, size); event != "" {
				events = append(events, event)
			}
		}
	}
	for _, m := range talk {
		for b := []byte(m.b); len(b) > 0; {
			n := len(b)
			if cut > 0 && !e.UDP {
				n = min(n, cut)
			}
			first[m.dir] = append(first[m.dir], b[:n]...)
			size[m.dir] += uint64(n)
			if e.UDP {
				first[m.dir] = b[:n]
			}
			look(m.dir, first[m.dir])
			b = b[n:]
		}
	}
	return strings.Join(append([]string{t.Proto.String()}, events...), " ")
}

// ends of conversations: a port that says nothing, or the protocol's own.
func at6(port uint16) Ends  { return Ends{Client: 40000, Server: port} }
func at17(port uint16) Ends { return Ends{Client: 40000, Server: port, UDP: true} }

const elsewhere = 7777

// all recognises everything, also what is off by default.
var all = Config{On: offByDefault}

const (
	clientHello = "\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03" + "0123456789abcdef0123456789abcdef"
	serverHello = "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + "0123456789abcdef0123456789abcdef"
	smb1        = "\x00\x00\x00\x2f\xffSMB\x72\x00\x00\x00\x00\x18\x01\x28\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	smb2        = "\x00\x00\x00\xd0\xfeSMB\x40\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	bindPDU     = "\x05\x00\x0b\x03\x10\x00\x00\x00\x48\x00\x00\x00\x01\x00\x00\x00\xb8\x10\xb8\x10"
	bindAck     = "\x05\x00\x0c\x03\x10\x00\x00\x00\x3c\x00\x00\x00\x01\x00\x00\x00\xb8\x10\xb8\x10"
	dnsAsk      = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x00\x00\x01\x00\x01"
	dnsSay      = "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07example\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"
	asReq       = "\x6a\x81\x9b\x30\x81\x98\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a"
	asRep       = "\x6b\x81\x9b\x30\x81\x98\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0b"
	rpcCall     = "\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa3\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	rpcReply    = "\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	ldapBind    = "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"
	ldapWide    = "\x30\x84\x00\x00\x00\x10\x02\x04\x00\x00\x00\x01\x60\x84\x00\x00\x00\x07\x02\x01\x03\x04\x00\x80\x00"
	ldapDone    = "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
	invite      = "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP client.example\r\n\r\n"
	nbRequest   = "\x81\x00\x00\x44 CKFDENECFDEFFCFGEFFCCACACACACACA\x00 EHEPEPEHEMEFCACACACACACACACACAAA\x00"
	http2Frame  = "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64\x00\x04\x00\x10\x00\x00\x00\x06\x00\x01\x00\x00"
)

// streams are conversations over TCP and what they are.
var streams = map[string]struct {
	port uint16
	talk []said
	want string
}{
	"HTTP":                             {elsewhere, []said{{0, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"}, {1, "HTTP/1.1 200 OK\r\n\r\n"}}, "http"},
	"HTTP, the method ends with a tab": {80, []said{{0, "POST\t/ HTTP/1.1\r\n\r\n"}}, "http"},
	"HTTP, the server only":            {elsewhere, []said{{1, "http/1.0 404 Not Found\r\n\r\n"}}, "http"},
	"HTTP, a method that SIP has too":  {80, []said{{0, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"}, {1, "HTTP/1.1 200 OK\r\n"}}, "http"},
	"HTTP, the longest method":         {80, []said{{0, "BASELINE-CONTROL / HTTP/1.1\r\n"}}, "http"},
	"HTTP at the port of MQTT":         {1883, []said{{0, "POST / HTTP/1.1\r\n\r\n"}}, "http"},
	"HTTP/2":                           {elsewhere, []said{{0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, {1, http2Frame}}, "http2"},
	"HTTP/2, the server only":          {elsewhere, []said{{1, http2Frame}}, "http2"},
	"TLS":                              {elsewhere, []said{{0, clientHello}, {1, serverHello}}, "tls"},
	"TLS, an alert":                    {elsewhere, []said{{0, clientHello}, {1, "\x15\x03\x01\x00\x02\x02\x28"}}, "tls"},
	"SSL 2":                            {443, []said{{0, "\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10"}}, "tls"},
	"SSL 2 with a hello of version 3":  {elsewhere, []said{{0, "\x80\x4c\x01\x03\x01\x00\x33\x00\x00\x00\x10"}}, "tls"},
	"SMTP":                             {elsewhere, []said{{1, "220 mx.example ESMTP ready\r\n"}, {0, "ehlo client.example\r\n"}}, "smtp"},
	"SMTP, the server only":            {25, []said{{1, "220-mx.example ESMTP\r\n220 ready\r\n"}}, "smtp"},
	"SMTP that refuses":                {25, []said{{1, "220 mx.example\r\n"}, {0, "QUIT\r\n"}}, "smtp"},
	"FTP":                              {elsewhere, []said{{1, "220 (vsFTPd 3.0.5)\r\n"}, {0, "USER anonymous\r\n"}}, "ftp"},
	"FTP at its port":                  {21, []said{{1, "220 ProFTPD Server\r\n"}, {0, "AUTH TLS\r\n"}}, "ftp"},
	"FTP, a name as mail servers have": {21, []said{{1, "220-ftp.example\r\n220 ok\r\n"}, {0, "USER a\r\n"}}, "ftp"},
	"POP3":                             {110, []said{{1, "+OK POP3 ready\r\n"}, {0, "USER bob\r\n"}}, "pop3"},
	"POP3 elsewhere":                   {elsewhere, []said{{1, "+OK POP3 ready\r\n"}, {0, "CAPA\r\n"}}, "pop3"},
	"POP3, the server is silent":       {110, []said{{0, "USER bob\r\n"}}, "ftp"}, // an FTP client begins like this
	"IMAP":                             {143, []said{{1, "* OK IMAP4rev1 ready\r\n"}, {0, "1 CAPABILITY\r\n"}}, "imap"},
	"SSH":                              {elsewhere, []said{{1, "SSH-2.0-OpenSSH_9.9\r\n"}, {0, "SSH-2.0-Go\r\n"}}, "ssh"},
	"RFB":                              {elsewhere, []said{{1, "RFB 003.008\n"}, {0, "RFB 003.008\n"}}, "rfb"},
	"RDP":                              {3389, []said{{0, "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"}, {1, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00"}}, "rdp"},
	"SMB 1":                            {elsewhere, []said{{0, smb1}, {1, smb1}}, "smb"},
	"SMB 2":                            {445, []said{{0, smb2}, {1, smb2}}, "smb"},
	"SMB behind a session request":     {139, []said{{0, nbRequest}, {1, "\x82\x00\x00\x00"}, {0, smb1}, {1, smb1}}, "smb"},
	"SMB behind a keep-alive":          {445, []said{{0, "\x85\x00\x00\x00" + smb2}}, "smb"},
	"DCE/RPC":                          {elsewhere, []said{{0, bindPDU}, {1, bindAck}}, "dcerpc"},
	"DNS":                              {53, []said{{0, "\x00\x1d" + dnsAsk}, {1, "\x00\x2d" + dnsSay}}, "dns"},
	"Kerberos":                         {88, []said{{0, "\x00\x00\x00\x9e" + asReq}, {1, "\x00\x00\x00\x9e" + asRep}}, "krb5"},
	"LDAP":                             {389, []said{{0, ldapBind}, {1, ldapDone}}, "ldap"},
	"LDAP, lengths in four bytes":      {389, []said{{0, ldapWide}, {1, ldapDone}}, "ldap"},
	"NFS":                              {2049, []said{{0, "\x80\x00\x00\x28" + rpcCall}, {1, "\x80\x00\x00\x18" + rpcReply}}, "nfs"},
	"MQTT":                             {1883, []said{{0, "\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04abcd"}, {1, "\x20\x02\x00\x00"}}, "mqtt"},
	"SIP":                              {elsewhere, []said{{0, invite}, {1, "SIP/2.0 100 Trying\r\n\r\n"}}, "sip"},
	"SIP, a line without end":          {elsewhere, []said{{0, "INVITE sip:" + strings.Repeat("a", maxLine)}}, "sip"},
	"Telnet":                           {23, []said{{1, "\xff\xfd\x18\xff\xfd\x20"}, {0, "\xff\xfb\x18"}}, "telnet"},
	"Modbus":                           {502, []said{{0, "\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a"}, {1, "\x00\x01\x00\x00\x00\x05\x01\x03\x02\x00\x07"}}, "modbus"},
	"DNP3":                             {20000, []said{{0, "\x05\x64\x05\xc9\x01\x00\x02\x00\x12\x34"}}, "dnp3"},
	"ENIP":                             {44818, []said{{0, "\x65\x00\x04\x00" + strings.Repeat("\x00", 20) + "\x01\x00\x00\x00"}}, "enip"},
	"PostgreSQL":                       {5432, []said{{0, "\x00\x00\x00\x20\x00\x03\x00\x00user\x00bob\x00"}, {1, "R\x00\x00\x00\x08\x00\x00\x00\x00"}}, "pgsql"},
	"PostgreSQL asks for TLS":          {5432, []said{{0, "\x00\x00\x00\x08\x04\xd2\x16\x2f"}}, "pgsql"},

	// What cannot be agreed on, and what is nothing.
	"two protocols":                {elsewhere, []said{{0, "GET / HTTP/1.1\r\n\r\n"}, {1, "SSH-2.0-x\r\n"}}, "http " + EventMismatch},
	"two protocols, server first":  {elsewhere, []said{{1, "SSH-2.0-x\r\n"}, {0, "GET / HTTP/1.1\r\n\r\n"}}, "ssh " + EventMismatch},
	"one side is unknown":          {elsewhere, []said{{0, "GET / HTTP/1.1\r\n\r\n"}, {1, strings.Repeat("\xee", 40)}}, "http " + EventOneDirection},
	"IMAP, one side is unknown":    {143, []said{{1, "* OK ready\r\n"}, {0, strings.Repeat("\xee", 40)}}, "imap"},
	"one side has said too little": {elsewhere, []said{{0, "GET / HTTP/1.1\r\n\r\n"}, {1, "\xee\xee"}}, "http"},
	"nothing that is known":        {elsewhere, []said{{0, strings.Repeat("\xee", 40)}, {1, strings.Repeat("\xee", 40)}}, "failed"},
	"too little":                   {elsewhere, []said{{0, "\xee\xee"}, {1, "\xee\xee"}}, "unknown"},
	"half a conversation":          {elsewhere, []said{{0, strings.Repeat("\xee", maxUnseen+1)}}, "failed " + EventSkipped},
	"UPnP is no SIP":               {elsewhere, []said{{0, "NOTIFY * HTTP/1.1\r\nHost: a\r\n\r\n"}}, "failed"},
	"a method that goes on":        {elsewhere, []said{{0, "GETAWAY from here, this is no HTTP at all\r\n"}, {1, strings.Repeat("\xee", 40)}}, "failed"},
	"a greeting that goes on":      {25, []said{{1, "2200 is a number and nothing more than that\r\n"}, {0, strings.Repeat("\xee", 40)}}, "failed"},
	"a greeting of nobody":         {25, []said{{1, "220 .hidden, this is not the name of a server\r\n"}, {0, strings.Repeat("\xee", 40)}}, "failed"},
	"a greeting without end":       {25, []said{{1, "220 " + strings.Repeat("x", maxLine)}, {0, strings.Repeat("\xee", 40)}}, "failed"},
	"zeros are no HTTP/2":          {elsewhere, []said{{1, strings.Repeat("\x00", 40)}, {0, strings.Repeat("\x00", 40)}}, "failed"},
	"a large session message":      {445, []said{{0, "\x81\x00\xff\xff" + strings.Repeat("x", 60)}, {1, strings.Repeat("\xee", 40)}}, "failed"},
	"DCE/RPC of no order of bytes": {elsewhere, []said{{0, "\x05\x00\x0b\x03\xff\x09" + strings.Repeat("\x00", 40)}, {1, strings.Repeat("\xee", 40)}}, "failed"},
	"DNS shorter than its head":    {53, []said{{0, "\x00\x05" + strings.Repeat("\x00", 40)}, {1, strings.Repeat("\xee", 400)}}, "failed"},
	"Kerberos of another length":   {88, []said{{0, "\x7f\x00\x00\x9e" + asReq + strings.Repeat("x", 40)}, {1, strings.Repeat("\xee", 40)}}, "failed"},
	"RPC to another program":       {2049, []said{{0, "\x80\x00\x00\x28" + strings.Replace(rpcCall, "\x86\xa3", "\x86\xa0", 1)}, {1, strings.Repeat("\xee", 40)}}, "failed"},
	"LDAP with no message number":  {389, []said{{0, "\x30\x84\x00\x00\x00\x10\x04\x04" + strings.Repeat("x", 40)}, {1, strings.Repeat("\xee", 40)}}, "failed"},
	"LDAP with a length of nine":   {389, []said{{0, "\x30\x89" + strings.Repeat("x", 40)}, {1, strings.Repeat("\xee", 40)}}, "failed"},
}

func TestStreams(t *testing.T) {
	t.Parallel()
	for name, c := range streams {
		if got := found(&all, at6(c.port), c.talk, 0); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// The same first bytes give the same answer however they are cut: who chooses the cut must
// not choose the reader.
func TestAnyCut(t *testing.T) {
	t.Parallel()
	for name, c := range streams {
		for cut := 1; cut <= 48; cut++ {
			if name == "half a conversation" && cut < 16 {
				continue // says nothing more, and takes long
			}
			if got := found(&all, at6(c.port), c.talk, cut); got != c.want {
				t.Errorf("%s, in pieces of %d: %s, want %s", name, cut, got, c.want)
				break
			}
		}
	}
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	junk := strings.Repeat("\xee", 40)
	for name, c := range map[string]struct {
		port uint16
		talk []said
		want string
	}{
		"DNS":                       {53, []said{{0, dnsAsk}, {1, dnsSay}}, "dns"},
		"DNS, an answer alone":      {53, []said{{1, dnsSay}}, "dns"},
		"DNS of nothing":            {53, []said{{0, "\x12\x34\x01\x00" + strings.Repeat("\x00", 8)}}, "unknown"},
		"DNS, a name without end":   {53, []said{{0, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x3fwww"}}, "unknown"},
		"DNS, no such label":        {53, []said{{0, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x8fwww\x00\x00\x01\x00\x01"}}, "unknown"},
		"DNS, a pointer":            {53, []said{{0, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x04\x00\x01\x00\x01"}}, "dns"},
		"DNS, many questions":       {53, []said{{0, "\x12\x34\x01\x00\x00\x11" + dnsAsk[6:]}}, "unknown"},
		"DNS, many answers":         {53, []said{{0, "\x12\x34\x81\x00\x00\x01\xff\xff" + dnsAsk[8:]}}, "unknown"},
		"DNS, no such operation":    {53, []said{{0, "\x12\x34\x78\x00" + dnsAsk[4:]}}, "dns"},
		"DNS elsewhere":             {elsewhere, []said{{0, dnsAsk}}, "unknown"},
		"DNS behind something else": {53, []said{{0, junk}, {0, dnsAsk}, {1, dnsSay}}, "dns"},
		"mDNS":                      {5353, []said{{0, dnsAsk}}, "mdns"},
		"QUIC":                      {443, []said{{0, "\xc3\x00\x00\x00\x01\x08" + junk}, {1, "\xc1\x00\x00\x00\x01\x00" + junk}}, "quic"},
		"QUIC, Google's":            {443, []said{{0, "\x0d01234567Q046" + junk}}, "quic"},
		"QUIC of version 0":         {443, []said{{0, "\xc3\x00\x00\x00\x00\x08" + junk}}, "quic"},
		"NTP":                       {123, []said{{0, "\x23" + strings.Repeat("\x00", 47)}}, "ntp"},
		"NTP, control":              {123, []said{{0, "\x26" + strings.Repeat("\x00", 47)}}, "unknown"},
		"NTP, version 1":            {123, []said{{0, "\x0b" + strings.Repeat("\x00", 47)}}, "unknown"},
		"NTP, too short":            {123, []said{{0, "\x23" + strings.Repeat("\x00", 46)}}, "unknown"},
		"DHCP":                      {67, []said{{0, "\x01" + strings.Repeat("\x00", 235) + "\x63\x82\x53\x63\xff"}}, "dhcp"},
		"BOOTP":                     {67, []said{{0, "\x01" + strings.Repeat("\x00", 299)}}, "unknown"},
		"SNMP":                      {161, []said{{0, "\x30\x26\x02\x01\x01\x04\x06public" + strings.Repeat("x", 27)}}, "snmp"},
		"SNMP, version 3":           {161, []said{{0, "\x30\x05\x02\x01\x03\x30\x00"}}, "snmp"},
		"SNMP, version 9":           {161, []said{{0, "\x30\x05\x02\x01\x09\x30\x00"}}, "unknown"},
		"SNMP, longer than it is":   {161, []said{{0, "\x30\x7f\x02\x01\x01\x30\x00"}}, "unknown"},
		"TFTP":                      {69, []said{{0, "\x00\x01boot.bin\x00octet\x00"}}, "tftp"},
		"TFTP, data":                {69, []said{{0, "\x00\x03\x00\x01data"}}, "unknown"},
		"Kerberos":                  {88, []said{{0, asReq}, {1, asRep}}, "krb5"},
		"Kerberos, an error":        {88, []said{{1, "\x7e\x81\x9b\x30\x81\x98\xa1\x03\x02\x01\x05"}}, "krb5"},
		"IKE":                       {500, []said{{0, "\x01\x02\x03\x04\x05\x06\x07\x08" + strings.Repeat("\x00", 8) + "\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c"}}, "ike"},
		"IKE behind NAT":            {4500, []said{{0, "\x00\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08" + strings.Repeat("\x00", 8) + "\x21\x20\x22\x08\x00\x00\x00\x00\x00\x00\x00\x1c"}}, "ike"},
		"ESP behind NAT":            {4500, []said{{0, "\x01\x02\x03\x04\x00\x00\x00\x01" + junk}}, "unknown"},
		"NFS":                       {2049, []said{{0, rpcCall}, {1, rpcReply}}, "nfs"},
		"LDAP":                      {389, []said{{0, ldapBind}}, "ldap"},
		"SIP":                       {elsewhere, []said{{0, invite}, {1, "SIP/2.0 100 Trying\r\n\r\n"}}, "sip"},
		"BitTorrent":                {elsewhere, []said{{0, "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"}}, "bittorrent-dht"},
		"DCE/RPC":                   {elsewhere, []said{{0, "\x04\x00\x08\x00\x10\x00\x00\x00" + strings.Repeat("\x00", 72)}}, "dcerpc"},
		"DCE/RPC, too short":        {elsewhere, []said{{0, "\x04\x00\x08\x00\x10\x00\x00\x00" + strings.Repeat("\x00", 71)}}, "unknown"},
		"DNP3":                      {20000, []said{{0, "\x05\x64\x05\xc9\x01\x00\x02\x00\x12\x34"}}, "dnp3"},
		"ENIP":                      {44818, []said{{0, "\x63\x00\x00\x00" + strings.Repeat("\x00", 20)}}, "enip"},
		"ENIP, no such command":     {44818, []said{{0, "\x99\x00\x00\x00" + strings.Repeat("\x00", 20)}}, "unknown"},
		"one side is known":         {53, []said{{0, dnsAsk}, {1, junk}}, "dns"},
		"nothing that is known":     {elsewhere, []said{{0, junk}, {0, junk}, {0, junk}, {0, junk}, {1, junk}, {1, junk}, {1, junk}, {1, junk}}, "failed"},
		"an answer behind nothing":  {53, []said{{0, junk}, {0, junk}, {0, junk}, {0, junk}, {0, dnsAsk}, {1, dnsSay}}, "dns"},
	} {
		if got := found(&all, at17(c.port), c.talk, 0); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// Talk of people and programs that speak nothing known must get no name.
func TestHarmless(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"hello, is anybody there? please answer me soon\r\n", "{\"jsonrpc\":\"2.0\",\"method\":\"ping\",\"id\":1,\"params\":[]}\n",
		"<?xml version='1.0'?><stream:stream to='example.com'>", "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
		"NICK guest\r\nUSER guest 0 * :Guest of the house\r\n", "\x13BitTorrent protocol\x00\x00\x00\x00\x00\x10\x00\x05 and the rest of it",
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		strings.Repeat("\xff", 40), "\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00\xff\xf7\xff\x02\x00 and the rest",
	} {
		if got := found(&all, at6(elsewhere), []said{{0, text}, {1, text}}, 0); got != "failed" {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	modbus := streams["Modbus"]
	for name, c := range map[string]struct {
		c    Config
		port uint16
		talk []said
		want string
	}{
		"off by default":       {Config{}, modbus.port, modbus.talk, "unknown"},
		"on":                   {Config{On: Protos{rule.ProtoModbus: true}}, modbus.port, modbus.talk, "modbus"},
		"off although on":      {Config{On: Protos{rule.ProtoModbus: true}, Off: Protos{rule.ProtoModbus: true}}, modbus.port, modbus.talk, "unknown"},
		"off, by its pattern":  {Config{Off: Protos{rule.ProtoHTTP: true}}, 80, []said{{0, "GET / HTTP/1.1\r\nHost: a.example.com\r\n\r\n"}}, "unknown"},
		"at the client's port": {Config{}, 40000, []said{{0, "\x00\x1d" + dnsAsk}}, "unknown"},
	} {
		if got := found(&c.c, at6(c.port), c.talk, 0); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := found(&Config{}, Ends{Client: 53, Server: 40000}, []said{{0, "\x00\x1d" + dnsAsk}}, 0); got != "dns" {
		t.Errorf("DNS from its port: %s", got)
	}
}

func TestTrack(t *testing.T) {
	t.Parallel()
	var c Config
	var track Track
	track.Set(rule.ProtoFTPData)
	if read, event := c.Look(&track, Ends{}, 0, []byte("GET / HTTP/1.1\r\n"), [2]uint64{16}); !read || event != "" || track.Proto != rule.ProtoFTPData {
		t.Error("what is expected is not looked for", read, event, track.Proto)
	}
	if track.Restart(); track.Done(0) || track.Proto != rule.ProtoUnknown {
		t.Error("begins again")
	}
	// Half of a conversation seen from its middle is given up.
	e := Ends{Server: elsewhere, Midstream: true}
	c.Look(&track, e, 1, []byte("SSH-2.0-x\r\n"), [2]uint64{0, 11})
	if read, _ := c.Look(&track, e, 0, []byte("\xee\xee"), [2]uint64{2, 11}); read || track.Proto != rule.ProtoFailed {
		t.Error("midstream", read, track.Proto)
	}
}

// FuzzLook: no bytes panic; the search ends; and it ends the same however the bytes of TCP
// are cut.
func FuzzLook(f *testing.F) {
	for _, c := range streams {
		var b [2]string
		for _, m := range c.talk {
			b[m.dir] += m.b[:min(len(m.b), 600)]
		}
		f.Add([]byte(b[0]), []byte(b[1]), c.port, uint8(3), false)
	}
	f.Add([]byte(dnsAsk), []byte(dnsSay), uint16(53), uint8(0), true)
	f.Add([]byte(invite), []byte("\x04\x00"), uint16(67), uint8(0), true)
	f.Fuzz(func(t *testing.T, a, b []byte, port uint16, cut uint8, udp bool) {
		e := at6(port)
		e.UDP = udp
		talk := []said{{0, string(a)}, {1, string(b)}}
		got := found(&all, e, talk, 0)
		if !midPattern(a) && !midPattern(b) {
			if other := found(&all, e, talk, int(cut)); got != other {
				t.Errorf("whole: %s, in pieces of %d: %s", got, cut, other)
			}
		}
		pad := strings.Repeat("\xee", 4<<10)
		if got := found(&all, e, []said{{0, string(a) + pad}, {1, string(b) + pad}}, 0); !udp && strings.HasPrefix(got, "unknown") {
			t.Error("the search does not end")
		}
	})
}

// midPattern tells that a pattern fits that does not stand at the beginning: a probe may
// say yes before it is there.
func midPattern(b []byte) bool {
	for i := range patterns {
		if p := &patterns[i]; p.offset > 0 && p.fits(b) {
			return true
		}
	}
	return false
}

func ExampleConfig_Look() {
	var c Config
	var t Track
	read, _ := c.Look(&t, Ends{Client: 40000, Server: 8080}, 0, []byte("GET / HTTP/1.1\r\n"), [2]uint64{16, 0})
	fmt.Println(read, t.Proto)
	// Output: true http
}
