package file

import "bytes"

// types are first bytes of common files and what libmagic's users call them.
var types = []struct{ start, name string }{
	{"%PDF-", "PDF document"}, {"\x89PNG\r\n", "PNG image data"}, {"\xff\xd8\xff", "JPEG image data"}, {"GIF8", "GIF image data"},
	{"MZ", "PE32 executable (GUI) Intel 80386, for MS Windows"}, {"\x7fELF", "ELF executable"}, {"PK\x03\x04", "Zip archive data"},
	{"Rar!", "RAR archive data"}, {"7z\xbc\xaf\x27\x1c", "7-zip archive data"}, {"\x1f\x8b", "gzip compressed data"},
	{"{\\rtf", "Rich Text Format data"}, {"\xd0\xcf\x11\xe0", "Composite Document File V2 Document"}, {"#!", "script text executable"},
}

// Type names the kind of a file by its first bytes.
func Type(b []byte) string {
	if len(b) < 2 {
		return "very short file (no magic)"
	}
	for _, t := range types {
		if bytes.HasPrefix(b, []byte(t.start)) {
			return t.name
		}
	}
	return "data"
}
