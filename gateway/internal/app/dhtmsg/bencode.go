package dhtmsg

// Limits.
const (
	// maxDepth of lists and dictionaries: messages have three.
	maxDepth = 8
	// maxItems of a list or dictionary are read.
	maxItems = 512
)

// value in bencoding: one of its fields is set.
type value struct {
	kind byte // 's', 'i', 'l' or 'd'
	s    []byte
	n    int64
	list []value // of a dictionary: keys and values in turn
}

// get returns a dictionary's value.
func (v *value) get(key string) (value, bool) {
	if v.kind == 'd' {
		for i := 0; i+1 < len(v.list); i += 2 {
			if string(v.list[i].s) == key {
				return v.list[i+1], true
			}
		}
	}
	return value{}, false
}

// decode reads a value and returns what is behind it.
func decode(b []byte, depth int) (v value, rest []byte, ok bool) {
	if len(b) == 0 || depth > maxDepth {
		return v, nil, false
	}
	switch c := b[0]; {
	case c == 'i':
		n, rest, ok := number(b[1:], 'e')
		return value{kind: 'i', n: n}, rest, ok
	case c == 'l' || c == 'd':
		return decodeList(b, depth)
	case c >= '0' && c <= '9':
		n, rest, ok := number(b, ':')
		if !ok || n < 0 || n > int64(len(rest)) {
			return v, nil, false
		}
		return value{kind: 's', s: rest[:n:n]}, rest[n:], true
	}
	return v, nil, false
}

func decodeList(b []byte, depth int) (v value, rest []byte, ok bool) {
	v.kind, rest = b[0], b[1:]
	for len(rest) > 0 && rest[0] != 'e' {
		if len(v.list) >= maxItems {
			return v, nil, false
		}
		var item value
		item, rest, ok = decode(rest, depth+1)
		if !ok || v.kind == 'd' && len(v.list)%2 == 0 && item.kind != 's' {
			return v, nil, false
		}
		v.list = append(v.list, item)
	}
	if len(rest) == 0 || v.kind == 'd' && len(v.list)%2 != 0 {
		return v, nil, false
	}
	return v, rest[1:], true
}

// number reads decimal digits up to end.
func number(b []byte, end byte) (n int64, rest []byte, ok bool) {
	i, negative := 0, false
	if len(b) > 0 && b[0] == '-' {
		negative, i = true, 1
	}
	for first := i; i < len(b); i++ {
		c := b[i]
		if c == end && i > first {
			if negative {
				n = -n
			}
			return n, b[i+1:], true
		}
		if c < '0' || c > '9' || n > 1<<50 {
			return 0, nil, false
		}
		n = n*10 + int64(c-'0')
	}
	return 0, nil, false
}
