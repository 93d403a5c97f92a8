package tlsmsg

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"time"
)

// Faults of certificates.
var (
	errLength     = errors.New("certificate_invalid_length")
	errDER        = errors.New("certificate_invalid_der")
	errVersion    = errors.New("certificate_invalid_version")
	errSerial     = errors.New("certificate_invalid_serial")
	errAlgorithm  = errors.New("certificate_invalid_algorithmidentifier")
	errName       = errors.New("certificate_invalid_x509name")
	errDate       = errors.New("certificate_invalid_date")
	errExtensions = errors.New("certificate_invalid_extensions")
)

// Tags of DER (ITU-T X.690).
const (
	tagBoolean  = 0x01
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagOID      = 0x06
	tagUTCTime  = 0x17
	tagTime     = 0x18
	tagSequence = 0x30
	tagSet      = 0x31
)

// maxNames bounds the alternative names that are kept of a certificate: those of shared
// hosts have a few hundred.
const maxNames = 1024

// certificate is what rules and records ask of one (RFC 5280 section 4.1).
type certificate struct {
	subject, issuer     string // "C=JP, O=Example, CN=www.example.jp"
	serial              string // "01:AB"
	notBefore, notAfter time.Time
	names               []string // of subjectAltName
}

// der reads one element. The content of what is too short is an error of its own.
func der(b []byte) (tag byte, content, rest []byte, err error) {
	if len(b) < 2 {
		return 0, nil, nil, errLength
	}
	tag = b[0]
	n, head := int(b[1]), 2
	if n == 0x80 {
		return 0, nil, nil, errDER // not DER: length to come
	}
	if n > 0x80 {
		digits := n & 0x7f
		if digits > 4 {
			return 0, nil, nil, errDER
		}
		if len(b) < 2+digits {
			return 0, nil, nil, errLength
		}
		n = 0
		for _, c := range b[2 : 2+digits] {
			n = n<<8 | int(c)
		}
		head += digits
	}
	if n > len(b)-head {
		return 0, nil, nil, errLength
	}
	return tag, b[head : head+n], b[head+n:], nil
}

// expect reads one element of a kind, else the error given.
func expect(b []byte, want byte, wrong error) (content, rest []byte, err error) {
	tag, content, rest, err := der(b)
	if err != nil {
		return nil, nil, err
	}
	if tag != want {
		return nil, nil, wrong
	}
	return content, rest, nil
}

// parseCertificate reads the parts of a certificate in order; what follows the first
// fault is not read.
func parseCertificate(b []byte) (*certificate, error) {
	outer, _, err := expect(b, tagSequence, errDER)
	if err != nil {
		return nil, err
	}
	t, _, err := expect(outer, tagSequence, errDER)
	if err != nil {
		return nil, err
	}
	c := new(certificate)
	for _, part := range []func([]byte) ([]byte, error){c.version, c.readSerial, algorithm, c.readIssuer, c.validity, c.readSubject, key} {
		if t, err = part(t); err != nil {
			return nil, err
		}
	}
	return c, c.extensions(t)
}

func (c *certificate) version(b []byte) ([]byte, error) {
	if len(b) == 0 || b[0] != 0xa0 {
		return b, nil // version 1
	}
	v, rest, err := expect(b, 0xa0, errVersion)
	if err != nil {
		return nil, errVersion
	}
	_, _, err = expect(v, tagInteger, errVersion)
	return rest, err
}

func (c *certificate) readSerial(b []byte) ([]byte, error) {
	v, rest, err := expect(b, tagInteger, errSerial)
	if err != nil {
		return nil, errSerial
	}
	const digits = "0123456789ABCDEF"
	out := make([]byte, 0, 3*len(v))
	for i, n := range v {
		if i > 0 {
			out = append(out, ':')
		}
		out = append(out, digits[n>>4], digits[n&15])
	}
	c.serial = string(out)
	return rest, nil
}

func algorithm(b []byte) ([]byte, error) {
	v, rest, err := expect(b, tagSequence, errAlgorithm)
	if err != nil {
		return nil, errAlgorithm
	}
	if _, _, err := expect(v, tagOID, errAlgorithm); err != nil {
		return nil, errAlgorithm
	}
	return rest, nil
}

func (c *certificate) readIssuer(b []byte) (rest []byte, err error) {
	c.issuer, rest, err = nameText(b)
	return rest, err
}

func (c *certificate) readSubject(b []byte) (rest []byte, err error) {
	c.subject, rest, err = nameText(b)
	return rest, err
}

func (c *certificate) validity(b []byte) ([]byte, error) {
	v, rest, err := expect(b, tagSequence, errDate)
	if err != nil {
		return nil, errDate
	}
	for _, to := range []*time.Time{&c.notBefore, &c.notAfter} {
		var tag byte
		var text []byte
		if tag, text, v, err = der(v); err != nil {
			return nil, errDate
		}
		if *to, err = date(tag, string(text)); err != nil {
			return nil, errDate
		}
	}
	return rest, nil
}

// date reads a time (RFC 5280 section 4.1.2.5).
func date(tag byte, s string) (time.Time, error) {
	layouts := []string{"20060102150405Z0700", "200601021504Z0700"}
	if tag == tagUTCTime {
		layouts = []string{"060102150405Z0700", "0601021504Z0700"}
	} else if tag != tagTime {
		return time.Time{}, errDate
	}
	for _, l := range layouts {
		t, err := time.Parse(l, s)
		if err != nil {
			continue
		}
		if tag == tagUTCTime && t.Year() >= 2050 {
			t = t.AddDate(-100, 0, 0)
		}
		return t.UTC(), nil
	}
	return time.Time{}, errDate
}

func key(b []byte) ([]byte, error) {
	_, rest, err := expect(b, tagSequence, errDER)
	return rest, err
}

// extensions looks for the alternative names of the subject.
func (c *certificate) extensions(b []byte) error {
	for len(b) > 0 {
		tag, v, rest, err := der(b)
		if err != nil {
			return errExtensions
		}
		if tag == 0xa3 {
			return c.extensionList(v)
		}
		b = rest
	}
	return nil
}

func (c *certificate) extensionList(b []byte) error {
	list, _, err := expect(b, tagSequence, errExtensions)
	if err != nil {
		return errExtensions
	}
	for len(list) > 0 {
		var ext []byte
		if ext, list, err = expect(list, tagSequence, errExtensions); err != nil {
			return errExtensions
		}
		id, rest, err := expect(ext, tagOID, errExtensions)
		if err != nil {
			return errExtensions
		}
		if len(rest) > 0 && rest[0] == tagBoolean {
			if _, rest, err = expect(rest, tagBoolean, errExtensions); err != nil {
				return errExtensions
			}
		}
		v, _, err := expect(rest, tagOctets, errExtensions)
		if err != nil {
			return errExtensions
		}
		if string(id) == "\x55\x1d\x11" {
			c.alternatives(v)
		}
	}
	return nil
}

// alternatives takes the names of subjectAltName (RFC 5280 section 4.2.1.6).
func (c *certificate) alternatives(b []byte) {
	list, _, err := expect(b, tagSequence, errExtensions)
	for err == nil && len(list) > 0 && len(c.names) < maxNames {
		var tag byte
		var v []byte
		if tag, v, list, err = der(list); err != nil {
			return
		}
		switch tag {
		case 0x81, 0x82, 0x86: // mail address, host, URI
			c.names = append(c.names, string(v))
		case 0x87:
			if ip, ok := netip.AddrFromSlice(v); ok {
				c.names = append(c.names, ip.String())
			}
		}
	}
}

// colons writes "0a:1b".
func colons(b []byte) string {
	out := make([]byte, 0, 3*len(b))
	for i := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = hex.AppendEncode(out, b[i:i+1])
	}
	return string(out)
}
