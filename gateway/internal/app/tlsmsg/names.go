package tlsmsg

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// attributes are the names that rules and records are written with, by object identifier.
var attributes = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "surname", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "streetAddress",
	"2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description", "2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress",
	"2.5.4.17": "postalCode", "2.5.4.18": "postOfficeBox", "2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "givenName",
	"2.5.4.43": "initials", "2.5.4.44": "generationQualifier", "2.5.4.45": "x500UniqueIdentifier", "2.5.4.46": "dnQualifier", "2.5.4.65": "pseudonym",
	"2.5.4.97": "organizationIdentifier", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "Email",
	"1.2.840.113549.1.9.2": "unstructuredName", "1.2.840.113549.1.9.8": "unstructuredAddress", "1.3.6.1.4.1.311.60.2.1.1": "msJurisdictionLocality",
	"1.3.6.1.4.1.311.60.2.1.2": "msJurisdictionStateOrProvince", "1.3.6.1.4.1.311.60.2.1.3": "msJurisdictionCountry",
}

// nameText writes a name (RFC 5280 section 4.1.2.4) in the order of the certificate:
// "C=JP, O=Example, CN=www.example.jp". Values stand bare.
func nameText(b []byte) (text string, rest []byte, err error) {
	seq, rest, err := expect(b, tagSequence, errName)
	if err != nil {
		return "", nil, errName
	}
	var out strings.Builder
	for len(seq) > 0 {
		var set []byte
		if set, seq, err = expect(seq, tagSet, errName); err != nil {
			return "", nil, errName
		}
		for separator := ", "; len(set) > 0; separator = " + " {
			var a []byte
			if a, set, err = expect(set, tagSequence, errName); err != nil {
				return "", nil, errName
			}
			if out.Len() > 0 {
				out.WriteString(separator)
			}
			if !attribute(&out, a) {
				return "", nil, errName
			}
		}
	}
	return out.String(), rest, nil
}

// attribute writes "CN=www.example.jp".
func attribute(out *strings.Builder, b []byte) bool {
	id, b, err := expect(b, tagOID, errName)
	if err != nil {
		return false
	}
	tag, v, _, err := der(b)
	if err != nil {
		return false
	}
	oid := oidText(id)
	if name, known := attributes[oid]; known {
		out.WriteString(name)
	} else {
		out.WriteString("OID(" + oid + ")")
	}
	out.WriteByte('=')
	out.WriteString(valueText(tag, v))
	return true
}

// valueText writes an attribute's value by its kind of string.
func valueText(tag byte, v []byte) string {
	switch tag {
	case 12, 18, 19, 20, 21, 22, 25, 26, 27, 7:
		if utf8.Valid(v) {
			return string(v)
		}
		return latin1(v)
	case 30: // BMPString
		u := make([]uint16, len(v)/2)
		for i := range u {
			u[i] = uint16(v[2*i])<<8 | uint16(v[2*i+1])
		}
		return string(utf16.Decode(u))
	}
	return strings.ToUpper(hex.EncodeToString(v))
}

// latin1 is what T61String holds in practice.
func latin1(v []byte) string {
	r := make([]rune, len(v))
	for i, c := range v {
		r[i] = rune(c)
	}
	return string(r)
}

// oidText writes an object identifier with dots. Numbers beyond 64 bits end it.
func oidText(b []byte) string {
	var out []byte
	n, first := uint64(0), true
	for _, c := range b {
		if n >= 1<<57 {
			break
		}
		n = n<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			top := min(n/40, 2)
			out = strconv.AppendUint(out, top, 10)
			n -= 40 * top
		}
		out = append(out, '.')
		out = strconv.AppendUint(out, n, 10)
		n, first = 0, false
	}
	return string(out)
}
