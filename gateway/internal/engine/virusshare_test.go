package engine

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// le writes little-endian numbers of the widths that the Go types say, and strings.
func le(all ...any) string {
	var b []byte
	for _, f := range all {
		switch f := f.(type) {
		case string:
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
	return string(b)
}

func wide(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

const (
	handle = "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"
	letter = "報告\\請求書.doc"
)

func nul(n int) string { return strings.Repeat("\x00", n) }

// share is a client with its share over SMB 3.1.1 without encryption: it makes the messages
// as a client of Windows or Samba does (MS-SMB2 section 4).
type share struct {
	talk []message
	id   uint64
}

func (s *share) add(dir int, cmd uint16, status uint32, body string) {
	flags := uint32(dir)
	m := le("\xfeSMB", uint16(64), uint16(1), status, cmd, uint16(64), flags, uint32(0), s.id, uint32(0), uint32(5), uint64(77), nul(16)) + body
	s.talk = append(s.talk, message{dir: dir, data: string([]byte{0, byte(len(m) >> 16), byte(len(m) >> 8), byte(len(m))}) + m})
}

// ask asks and is answered.
func (s *share) ask(cmd uint16, ask string, status uint32, answer string) {
	s.id++
	s.add(0, cmd, 0, ask)
	s.add(1, cmd, status, answer)
}

// open connects to the share and opens a file of a size.
func (s *share) open(size int, disposition uint32) {
	const name = `\\srv\share`
	s.ask(0, le(uint16(36), uint16(1), uint16(1), uint16(0), uint32(0), handle, uint32(0), uint16(0), uint16(0), uint16(0x0311)), 0,
		le(uint16(65), uint16(1), uint16(0x0311), uint16(0), handle, uint32(0), uint32(1<<20), uint32(1<<20), uint32(1<<20), nul(24)))
	s.ask(3, le(uint16(9), uint16(0), uint16(72), uint16(len(wide(name))), wide(name)), 0, le(uint16(16), byte(1), byte(0), nul(12)))
	s.ask(5, le(uint16(57), nul(34), disposition, uint32(0), uint16(120), uint16(len(wide(letter))), nul(8), wide(letter)), 0,
		le(uint16(89), nul(6), nul(32), uint64(size), uint64(size), nul(8), handle, nul(8)))
}

func (s *share) close() { s.ask(6, le(uint16(24), nul(6), handle), 0, le(uint16(60), nul(58))) }

// setSize announces the size of a file that is going to be written.
func (s *share) setSize(n int) {
	s.ask(17, le(uint16(33), byte(1), byte(20), uint32(8), uint16(96), uint16(0), uint32(0), handle, uint64(n)), 0, le(uint16(2)))
}

func writeOf(offset int, data string) string {
	return le(uint16(49), uint16(112), uint32(len(data)), uint64(offset), handle, nul(16), data)
}

// upload writes a file in pieces; at once sends the next without waiting for the answer.
func upload(content string, piece int, atOnce, announced bool) []message {
	s := new(share)
	s.open(0, 2)
	if announced {
		s.setSize(len(content))
	}
	first := s.id + 1
	for at := 0; at < len(content); at += piece {
		data := content[at:min(len(content), at+piece)]
		if !atOnce {
			s.ask(9, writeOf(at, data), 0, le(uint16(17), nul(2), uint32(len(data)), nul(8)))
			continue
		}
		s.id++
		s.add(0, 9, 0, writeOf(at, data))
	}
	if last := s.id; atOnce {
		for s.id = first; s.id <= last; s.id++ {
			s.add(1, 9, 0, le(uint16(17), nul(2), uint32(piece), nul(8)))
		}
	}
	s.close()
	return s.talk
}

// download reads a file of which the server says that it has size bytes.
func download(content string, piece, size int) []message {
	s := new(share)
	s.open(size, 1)
	for at := 0; at < len(content); at += piece {
		data := content[at:min(len(content), at+piece)]
		s.ask(8, le(uint16(49), uint16(0), uint32(piece), uint64(at), handle, nul(16)), 0, le(uint16(17), byte(80), byte(0), uint32(len(data)), nul(8), data))
	}
	s.ask(8, le(uint16(49), uint16(0), uint32(piece), uint64(len(content)), handle, nul(16)), 0xc0000011, le(uint16(9), nul(7)))
	s.close()
	return s.talk
}

// Files that are written to a share and read from it. None is on the share, or with the
// reader, as a whole.
func TestVirusSMB(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	for _, piece := range []int{4000, 20_000, 1 << 20} {
		for name, talk := range map[string]func(content string) []message{
			"write":                  func(c string) []message { return upload(c, piece, false, false) },
			"write, announced":       func(c string) []message { return upload(c, piece, false, true) },
			"write at once":          func(c string) []message { return upload(c, piece, true, false) },
			"read":                   func(c string) []message { return download(c, piece, len(c)) },
			"read, no size":          func(c string) []message { return download(c, piece, 0) },
			"read, false size":       func(c string) []message { return download(c, piece, len(c)+1) },
			"read, false small size": func(c string) []message { return download(c, piece, 10) },
		} {
			c := carrier{name: fmt.Sprintf("%s in pieces of %d", name, piece), proto: "smb", file: letter, device: "192.168.1.12",
				ends: between("192.168.1.12:50000", "192.168.1.20:445"), talk: func(_ *testing.T, content string) []message { return talk(content) }}
			if strings.HasPrefix(name, "read") {
				c.dir = 1
			}
			c.check(t, s)
		}
	}
}

// A program that waits for the answer to each of many writes is not slowed down by each:
// the file is looked at when it is closed, and the alert does not say that it was stopped.
func TestVirusSMBManyWrites(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	filler := strings.Repeat("harmless words of a letter. ", 1000)
	for _, announced := range []bool{false, true} {
		b := newBox(t, Config{Scanner: s, LogApps: true})
		p := b.play(between("192.168.1.12:50000", "192.168.1.20:445"), upload(filler+virus, 500, false, announced))
		rec := b.found()
		if rec == nil || !p.reset || (rec.Alert.Action == "blocked") != announced || (s.Limits()["scan_unguarded"] > 0) == (p.held == 0) {
			t.Fatalf("announced %v: %+v, reset %v, %v", announced, rec, p.reset, s.Limits())
		}
		if p.held > 12 {
			t.Errorf("announced %v: %d packets waited", announced, p.held)
		}
	}
}

// downloadTurned reads a file with several reads at a time, which are answered in another order.
func downloadTurned(content string, piece int, order []int) []message {
	s := new(share)
	s.open(len(content), 1)
	first := s.id + 1
	var data []string
	for at := 0; at < len(content); at += piece {
		s.id++
		s.add(0, 8, 0, le(uint16(49), uint16(0), uint32(piece), uint64(at), handle, nul(16)))
		data = append(data, content[at:min(len(content), at+piece)])
	}
	last := s.id
	for i := range data {
		if i < len(order) {
			i = order[i]
		}
		s.id = first + uint64(i)
		s.add(1, 8, 0, le(uint16(17), byte(80), byte(0), uint32(len(data[i])), nul(8), data[i]))
	}
	s.id = last
	s.close()
	return s.talk
}

// A server answers reads as its disks do. What passes is clean, and does not wait for long.
func TestVirusSMBTurned(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	for _, piece := range []int{4000, 100 << 10} {
		for _, order := range [][]int{{1, 0}, {0, 2, 1}, {3, 2, 1, 0}} {
			for at := range 5 {
				content := strings.Repeat(strings.Repeat("harmless ", 100), 4*piece/900)
				if n := at*piece + piece/2; at < 4 {
					content = content[:n] + virus + content[n:]
				}
				b := newBox(t, Config{Scanner: s, LogApps: true})
				talk := downloadTurned(content, piece, order)
				p := b.play(between("192.168.1.12:50000", "192.168.1.20:445"), talk)
				if rec := b.found(); at < 4 && (rec == nil || !p.reset) {
					t.Errorf("pieces of %d in order %v, virus in number %d: it passes, the record says %q", piece, order, at, b.word())
				}
				if at == 4 && (p.got[1] != all(talk, 1) || b.word() != "clean" || p.held > 2) {
					t.Errorf("pieces of %d in order %v: %d bytes arrive, %d waited, the record says %q", piece, order, len(p.got[1]), p.held, b.word())
				}
			}
		}
	}
}
