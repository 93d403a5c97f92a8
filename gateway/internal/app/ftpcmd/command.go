package ftpcmd

import (
	"bytes"
	"strings"

	"otasuke/internal/ascii"
)

// kind says what a command does to data conversations.
type kind uint8

const (
	plain kind = iota
	setsPort
	setsExtendedPort
	asksPort
	asksExtendedPort
	transfers
	transfersUnnamed
	lists
	secures
)

type command struct {
	name string
	kind kind
}

// commands are those that are told by name (RFC 959 section 4.1, RFC 2428, RFC 2640,
// RFC 3659, RFC 4217 and older ones that scanners still use).
var commands = func() map[string]*command {
	m := map[string]*command{}
	for _, s := range strings.Fields(`
		PASS ABOR ACCT ALLO CDUP CHMOD CWD DELE HELP IDLE MAIL MDTM MKD MLFL MODE
		MRCP MRSQ MSAM MSND MSOM NOOP PWD QUIT REIN REST RMD RNFR RNTO SITE SIZE SMNT
		STAT STRU SYST TYPE UMASK USER`) {
		m[s] = &command{name: s}
	}
	for s, k := range map[string]kind{
		"PORT": setsPort, "EPRT": setsExtendedPort, "PASV": asksPort, "EPSV": asksExtendedPort,
		"RETR": transfers, "STOR": transfers, "APPE": transfers, "STOU": transfersUnnamed,
		"LIST": lists, "NLST": lists, "MLSD": lists, "AUTH TLS": secures,
	} {
		m[s] = &command{name: s, kind: k}
	}
	return m
}()

// find is the command with which a line begins, nil for none that is known.
func find(line []byte) *command {
	word, arg, _ := bytes.Cut(line, []byte(" "))
	if len(word) > 5 {
		return nil
	}
	name := strings.ToUpper(string(word))
	if name == "AUTH" && (ascii.EqualFold(arg, "TLS") || ascii.EqualFold(arg, "SSL")) {
		name = "AUTH TLS"
	}
	return commands[name]
}

// parsePort reads "h1,h2,h3,h4,p1,p2" (RFC 959 section 4.1.2), 0 when it is none.
func parsePort(b []byte) uint16 {
	parts := bytes.Split(bytes.TrimSpace(b), []byte(","))
	if len(parts) != 6 {
		return 0
	}
	var n [6]int
	for i, p := range parts {
		v, rest := number(p)
		if len(rest) > 0 || len(p) == 0 || v > 255 {
			return 0
		}
		n[i] = v
	}
	return uint16(n[4]<<8 | n[5])
}

// parseExtendedPort reads "|protocol|address|port|" (RFC 2428 section 2).
func parseExtendedPort(b []byte) uint16 {
	if len(b) == 0 {
		return 0
	}
	parts := bytes.SplitN(b, b[:1], 5)
	if len(parts) < 4 {
		return 0
	}
	return port(parts[3])
}

// parsePassive reads the address in a 227 reply, wherever it stands (RFC 1123 section
// 4.1.2.6).
func parsePassive(line []byte) uint16 {
	i := bytes.IndexByte(line, '(')
	if i < 0 {
		for i = 3; i+1 < len(line) && (line[i+1] < '0' || line[i+1] > '9'); i++ {
		}
	}
	b := line[i+1:]
	end := 0
	for end < len(b) && (b[end] == ',' || b[end] >= '0' && b[end] <= '9') {
		end++
	}
	return parsePort(b[:end])
}

// parseExtendedPassive reads "(|||port|)" in a 229 reply (RFC 2428 section 3).
func parseExtendedPassive(line []byte) uint16 {
	i := bytes.IndexByte(line, '(')
	if i < 0 || len(line) < i+5 || line[i+2] != line[i+1] || line[i+3] != line[i+1] {
		return 0
	}
	b := line[i+4:]
	if end := bytes.IndexByte(b, line[i+1]); end > 0 {
		return port(b[:end])
	}
	return 0
}

func port(b []byte) uint16 {
	n, rest := number(b)
	if len(rest) > 0 || n > 65535 {
		return 0
	}
	return uint16(n)
}

// number reads digits; it stops at values that are no port anyway.
func number(b []byte) (n int, rest []byte) {
	for len(b) > 0 && b[0] >= '0' && b[0] <= '9' && n < 1<<20 {
		n, b = n*10+int(b[0]-'0'), b[1:]
	}
	return n, b
}
