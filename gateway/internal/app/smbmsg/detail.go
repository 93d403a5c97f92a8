package smbmsg

import (
	"bytes"
	"fmt"
	"strings"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// What transactions are about.
type (
	negotiate struct {
		one, malformed    bool // SMB1
		dialects          []string
		clientGUID        fileID
		serverGUID        fileID
		maxRead, maxWrite uint32
	}
	session struct {
		one                    bool
		user, domain, host     string
		version                string
		ntlm, malformed        bool
		requestOS, requestLM   string
		responseOS, responseLM string
	}
	treeConnect struct {
		one                             bool
		share                           string
		pipe                            bool
		kind                            string
		requestService, responseService string
	}
	create struct {
		name                                 string
		disposition, options                 uint32
		created, accessed, modified, changed uint64
		size                                 uint64
		id                                   fileID
	}
	fileDetail struct {
		name, share string
		id          fileID
		transfer    *transfer
	}
	rename struct{ from, to string }
	ioctl  struct{ code uint32 }
	// setInfo changes what a file is: here whether it is deleted on close.
	setInfo struct {
		name, class, level string
		id                 fileID
		remove             bool
	}
)

// deleteOnClose is an option of CREATE (MS-SMB2 section 2.2.13).
const deleteOnClose = 0x1000

// newTreeConnect makes the detail of a share; that of named pipes is known by name.
func newTreeConnect(share string) *treeConnect {
	return &treeConnect{share: share, pipe: strings.HasSuffix(strings.ToUpper(share), "IPC$")}
}

// NTLMSSP messages (MS-NLMP section 2.2.1).
const (
	ntlmAuthenticate     = 3
	ntlmUnicode          = 0x00000001
	ntlmNegotiateVersion = 0x02000000
)

var ntlmMark = []byte("NTLMSSP\x00")

// blob reads the authentication inside a security blob, wherever GSSAPI put it.
func (s *session) blob(b []byte) {
	i := bytes.Index(b, ntlmMark)
	if i < 0 {
		return
	}
	v := view{b: b[i:]}
	if v.u32(8) != ntlmAuthenticate {
		return
	}
	flags := v.u32(60)
	s.ntlm, s.malformed = !v.bad, v.bad
	field := func(off int) string { // empty when it points outside
		f := v.at(int(v.u32(off+4)), v.u16(off))
		if flags&ntlmUnicode != 0 {
			return wide(f)
		}
		return string(f)
	}
	s.domain, s.user, s.host = field(28), field(36), field(44)
	if flags&ntlmNegotiateVersion != 0 {
		s.version = fmt.Sprintf("%d.%d build %d rev %d", v.u8(64), v.u8(65), v.u16(66), v.u8(71))
	}
}

// put gives who logs in to rules.
func (s *session) put(t *transaction) {
	if s.malformed {
		t.event("malformed_ntlmssp_request")
	}
	if s.ntlm {
		t.Sides[app.ToServer].Put(rule.SMBNTLMUser, []byte(s.user))
		t.Sides[app.ToServer].Put(rule.SMBNTLMDomain, []byte(s.domain))
	}
}

// uuid writes a file's id as records do.
func (id fileID) uuid() string {
	return fmt.Sprintf("%x%x%x%x-%x%x-%x%x-%x%x-%x",
		id[3:4], id[2:3], id[1:2], id[0:1], id[5:6], id[4:5], id[7:8], id[6:7], id[9:10], id[8:9], id[10:])
}
