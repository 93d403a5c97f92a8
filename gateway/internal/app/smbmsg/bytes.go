package smbmsg

import (
	"encoding/binary"
	"unicode/utf16"
)

// view reads fields at offsets; what is outside is 0 and sets bad.
type view struct {
	b   []byte
	bad bool
}

func (v *view) at(off, n int) []byte {
	if off < 0 || n < 0 || off > len(v.b) || n > len(v.b)-off {
		v.bad = true
		return nil
	}
	return v.b[off : off+n]
}

func (v *view) u8(off int) int {
	if b := v.at(off, 1); b != nil {
		return int(b[0])
	}
	return 0
}

func (v *view) u16(off int) int {
	if b := v.at(off, 2); b != nil {
		return int(binary.LittleEndian.Uint16(b))
	}
	return 0
}

func (v *view) u32(off int) uint32 {
	if b := v.at(off, 4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (v *view) u64(off int) uint64 {
	if b := v.at(off, 8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (v *view) id(off int) (id fileID) {
	copy(id[:], v.at(off, len(id)))
	return id
}

// wide decodes UTF-16 up to a zero.
func wide(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		u := binary.LittleEndian.Uint16(b)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

// text reads a string up to its zero in either coding; rest begins behind it.
func text(b []byte, unicode bool) (s string, rest []byte) {
	if unicode {
		for i := 0; i+1 < len(b); i += 2 {
			if b[i] == 0 && b[i+1] == 0 {
				return wide(b[:i]), b[i+2:]
			}
		}
		return wide(b), nil
	}
	for i, x := range b {
		if x == 0 {
			return string(b[:i]), b[i+1:]
		}
	}
	return string(b), nil
}
