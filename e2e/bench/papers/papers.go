// Package papers is what a small office says all day beside the web: a file from a share, a
// letter. The bench makes captures of it, the soak plays it.
package papers

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"unicode/utf16"

	"otasuke/e2e/talk"
)

// Commands of SMB2 ([MS-SMB2] section 2.2.1).
const (
	smbNegotiate   = 0
	smbSetup       = 1
	smbTreeConnect = 3
	smbCreate      = 5
	smbClose       = 6
	smbRead        = 8
)

// little writes numbers of the widths that their types say, and bytes, in a row.
func little(all ...any) []byte {
	var b []byte
	for _, f := range all {
		switch f := f.(type) {
		case string:
			b = append(b, f...)
		case []byte:
			b = append(b, f...)
		case byte:
			b = append(b, f)
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, f)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, f)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, f)
		}
	}
	return b
}

func wide(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// smb makes one message with its session header ([MS-SMB2] section 2.2.1.2, RFC 1002 section 4.3.1).
func smb(cmd uint16, answer bool, id uint64, body []byte) []byte {
	var flags uint32
	if answer {
		flags = 1
	}
	m := append(little("\xfeSMB", uint16(64), uint16(0), uint32(0), cmd, uint16(1), flags, uint32(0), id, uint32(0xfeff), uint32(5), uint64(77), make([]byte, 16)), body...)
	return append([]byte{0, byte(len(m) >> 16), byte(len(m) >> 8), byte(len(m))}, m...)
}

// SMBFile is what a PC and a file server say while a file is read in pieces; n tells
// conversations apart.
func SMBFile(data []byte, piece, n int) []talk.Turn {
	var turns []talk.Turn
	id := uint64(0)
	say := func(cmd uint16, ask, answer []byte) {
		turns = append(turns, talk.Turn{ToServer: true, Data: smb(cmd, false, id, ask)}, talk.Turn{Data: smb(cmd, true, id, answer)})
		id++
	}
	guid := make([]byte, 16)
	guid[0] = 1
	share, name := wide(`\\server\drawings`), wide(fmt.Sprintf("2026\\order %d.txt", n))
	say(smbNegotiate, little(uint16(36), uint16(2), uint16(1), uint16(0), uint32(0), guid, make([]byte, 8), uint16(0x0202), uint16(0x0210)),
		little(uint16(65), uint16(1), uint16(0x0210), uint16(0), guid, uint32(7), uint32(1<<20), uint32(1<<20), uint32(1<<20), make([]byte, 16), uint16(128), uint16(0), uint32(0)))
	say(smbSetup, little(uint16(25), byte(0), byte(1), uint32(1), uint32(0), uint16(88), uint16(0), uint64(0)), little(uint16(9), uint16(0), uint16(72), uint16(0)))
	say(smbTreeConnect, little(uint16(9), uint16(0), uint16(72), uint16(len(share)), share), little(uint16(16), byte(1), byte(0), make([]byte, 12)))
	say(smbCreate, little(uint16(57), make([]byte, 34), uint32(1), uint32(0), uint16(120), uint16(len(name)), make([]byte, 8), name), little(uint16(89), make([]byte, 62), guid, make([]byte, 8)))
	for at := 0; at < len(data); at += piece {
		b := data[at:min(len(data), at+piece)]
		say(smbRead, little(uint16(49), uint16(0), uint32(len(b)), uint64(at), guid, make([]byte, 16)), little(uint16(17), byte(80), byte(0), uint32(len(b)), make([]byte, 8), b))
	}
	say(smbClose, little(uint16(24), make([]byte, 6), guid), little(uint16(60), make([]byte, 58)))
	return turns
}

// SMTPMail is what a mail program and its server say about a letter with an attachment (RFC
// 5321, RFC 2045).
func SMTPMail(attachment []byte) []talk.Turn {
	var m bytes.Buffer
	m.WriteString("From: sato@works.example\r\nTo: order@parts.example\r\nSubject: =?utf-8?B?5rOo5paH5pu4?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"cut\"\r\n\r\n" +
		"--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease find the order attached.\r\nhttp://www.works.example/order\r\n--cut\r\n" +
		"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"order.txt\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	text := base64.StdEncoding.EncodeToString(attachment)
	for len(text) > 76 {
		m.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	m.WriteString(text + "\r\n--cut--\r\n.\r\n")
	var turns []talk.Turn
	for _, t := range [][2]string{
		{"", "220 mail.parts.example ESMTP\r\n"}, {"EHLO works.example\r\n", "250-mail.parts.example\r\n250 SIZE 20000000\r\n"},
		{"MAIL FROM:<sato@works.example>\r\n", "250 ok\r\n"}, {"RCPT TO:<order@parts.example>\r\n", "250 ok\r\n"}, {"DATA\r\n", "354 go on\r\n"},
		{m.String(), "250 queued\r\n"}, {"QUIT\r\n", "221 bye\r\n"},
	} {
		if t[0] != "" {
			turns = append(turns, talk.Turn{ToServer: true, Data: []byte(t[0])})
		}
		turns = append(turns, talk.Turn{Data: []byte(t[1])})
	}
	return turns
}
