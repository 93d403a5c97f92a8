package evelog

import "strings"

// upper are the protocols whose events the field's sensors write in upper case: those of
// their older readers.
var upper = map[string]bool{"http": true, "smtp": true, "ssh": false, "ftp": false, "tls": true, "modbus": false}

// AppEvent is the name of a protocol's event in records.
func AppEvent(proto, name string) string {
	if upper[proto] {
		return strings.ToUpper(name)
	}
	return name
}
