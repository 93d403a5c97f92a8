package engine

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"otasuke/gateway/internal/capture"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/packet"
	"otasuke/gateway/internal/scan"
)

// virus is what the clamd of these tests knows.
const virus = "a pattern that only this test calls a virus"

// realScanner starts a real clamd with one signature.
func realScanner(t testing.TB) *scan.Scanner {
	t.Helper()
	const exe = "/usr/sbin/clamd"
	if _, err := os.Stat(exe); err != nil {
		t.Skip("clamd is not installed (package clamav-daemon)")
	}
	dir := t.TempDir()
	db, conf, socket := filepath.Join(dir, "db"), filepath.Join(dir, "conf"), filepath.Join(dir, "s")
	text := fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nTemporaryDirectory %s\nStreamMaxLength 32M\nAlertEncrypted yes\nAlertOLE2Macros yes\n", socket, db, dir)
	if err := errors.Join(os.Mkdir(db, 0o755), os.WriteFile(filepath.Join(db, "t.ndb"), []byte("Test.Pattern:0:*:"+hex.EncodeToString([]byte(virus))+"\n"), 0o644),
		os.WriteFile(conf, []byte(text), 0o644), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "--config-file="+conf)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s := &scan.Scanner{Socket: socket}
	for end := time.Now().Add(20 * time.Second); s.Ping(context.Background()) != nil; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("clamd does not answer")
		}
	}
	return s
}

// message is what one end says. It says so when it has everything of the other end.
type message struct {
	dir  int
	data string
	fin  bool
}

// played is what became of a conversation.
type played struct {
	got   [2]string // by direction: what arrived
	fin   [2]bool
	reset bool   // both ends were told
	held  int    // packets that had to wait
	ours  string // what the box said to the client in the server's place
}

// play plays a conversation in segments. Time passes while an end waits for the other.
func (b *box) play(e *ends, talk []message) (p played) {
	b.t.Helper()
	b.open(e)
	sent := len(b.c.sent)
	type waiting struct {
		id   uint32
		seq  uint32
		dir  int
		data string
		fin  bool
	}
	var held []waiting
	dead := [2]bool{} // what comes behind missing bytes is of no use
	arrive := func(v capture.Action, w waiting) {
		if v != capture.Accept {
			instead := b.instead(b.c.sent[sent:], []netip.AddrPort{e.client, e.server}[w.dir].Port(), w.seq, len(w.data))
			if dead[w.dir] = dead[w.dir] || instead == ""; instead != "" {
				w.data = instead
			}
		}
		if !dead[w.dir] {
			p.got[w.dir] += w.data
			p.fin[w.dir] = p.fin[w.dir] || w.fin
		}
	}
	settle := func(all bool) {
		waits := uint32(0)
		for end := time.Now().Add(20 * time.Second); len(held) > 0; {
			v, ok := b.c.decided[held[0].id]
			switch {
			case ok:
				arrive(v.Action, held[0])
				held = held[1:]
				continue
			case !all:
				return
			case time.Now().After(end):
				b.t.Fatal("a held packet is never decided")
			}
			if waits != held[0].id {
				waits, b.now = held[0].id, b.now+capture.TickEvery.Microseconds()
			}
			b.w.Tick(b.now)
			runtime.Gosched()
		}
	}
	for i, m := range talk {
		if i > 0 && talk[i-1].dir != m.dir {
			settle(true)
		}
		for data := m.data; data != "" || m.fin; {
			n := min(1400, len(data))
			w := waiting{dir: m.dir, seq: e.seq[m.dir], data: data[:n], fin: m.fin && n == len(data)}
			data = data[n:]
			flags := uint8(packet.PSH)
			if w.fin {
				flags |= packet.FIN
				m.fin = false
			}
			v, id := b.give(e.next(m.dir, flags, w.data))
			w.id = id
			settle(false)
			if v.Action == capture.Hold {
				p.held++
				held = append(held, w)
				continue
			}
			if len(held) > 0 && held[len(held)-1].dir == m.dir { // it arrives behind what is held
				b.c.decided[id] = v
				held = append(held, w)
				continue
			}
			arrive(v.Action, w)
		}
	}
	settle(true)
	told := map[uint16]bool{}
	for _, ip := range b.c.sent[sent:] {
		_, tcp := parsed(b.t, ip)
		if tcp.RST {
			told[uint16(tcp.DstPort)] = true
		}
		if tcp.FIN && uint16(tcp.SrcPort) == e.server.Port() {
			p.ours += string(tcp.Payload)
		}
	}
	p.reset = told[e.client.Port()] && told[e.server.Port()]
	return p
}

// instead is what the box has sent in the place of n bytes of a port that begin with number seq,
// "" when that is not all of them.
func (b *box) instead(sent [][]byte, port uint16, seq uint32, n int) string {
	b.t.Helper()
	out, found := make([]byte, n), 0
	for _, ip := range sent {
		_, tcp := parsed(b.t, ip)
		if at := tcp.Seq - seq; !tcp.RST && uint16(tcp.SrcPort) == port && at < uint32(n) {
			found += copy(out[at:], tcp.Payload)
		}
	}
	if found != n {
		return ""
	}
	return string(out)
}

// all is everything that a direction says.
func all(talk []message, dir int) (s string) {
	for _, m := range talk {
		if m.dir == dir {
			s += m.data
		}
	}
	return s
}

// found is the alert about a virus.
func (b *box) found() *eve.Record {
	for _, r := range b.records {
		if r.EventType == eve.TypeAlert && strings.HasPrefix(r.Alert.Signature, "OTASUKE virus") {
			return r
		}
	}
	return nil
}

// carrier is a way in which a file goes through the box.
type carrier struct {
	name, proto, file, device string
	dir                       int
	ends                      *ends
	// talk is the conversation, of before the ones that announce it.
	talk   func(t *testing.T, content string) []message
	before func(b *box)
	// marked tells that a mark of its own ends the file, without which it is not whole.
	marked bool
}

// check plays a carrier with a harmless file, which passes as it is, and with an infected
// one, whose last bytes do not arrive.
func (c *carrier) check(t *testing.T, s *scan.Scanner) {
	t.Helper()
	filler := strings.Repeat("harmless words of a letter. ", 1000)
	for _, content := range []string{"short and harmless", filler, "short " + virus, filler + virus, virus + filler, filler[:9000] + virus + filler} {
		infected := strings.Contains(content, virus)
		name := fmt.Sprintf("%s, %d bytes, infected %v", c.name, len(content), infected)
		b := newBox(t, Config{Scanner: s, LogApps: true})
		if c.before != nil {
			c.before(b)
		}
		e := *c.ends
		talk := c.talk(t, content)
		p := b.play(&e, talk)
		got, want := p.got[c.dir], all(talk, c.dir)
		rec := b.found()
		switch {
		case !infected && (got != want || p.reset || rec != nil):
			t.Errorf("%s: %d of %d bytes arrive, reset %v, alert %v", name, len(got), len(want), p.reset, rec)
		case !infected:
			if w := b.word(); w != "clean" {
				t.Errorf("%s: the record says %q", name, w)
			}
		case !p.reset || rec == nil:
			t.Errorf("%s: reset %v, alert %v, %d packets held", name, p.reset, rec, p.held)
		case got == want || !c.marked && strings.Contains(got, content):
			t.Errorf("%s: all of the file arrives", name)
		case rec.Fileinfo.Filename != c.file || rec.AppProto != c.proto || rec.Otasuke.Device != c.device || rec.Otasuke.Virus != "Test.Pattern.UNOFFICIAL" || rec.Alert.Action != "blocked":
			t.Errorf("%s: %+v %+v %s", name, rec.Fileinfo, rec.Otasuke, rec.AppProto)
		case b.word() != "infected":
			t.Errorf("%s: the record says %q", name, b.word())
		}
	}
}

// word is the scanner's word in the record of a file.
func (b *box) word() string {
	for _, r := range b.records {
		if r.EventType == eve.TypeFileinfo && r.Otasuke != nil {
			return r.Otasuke.Scan
		}
	}
	return ""
}

// tap records what both ends of a connection say.
type tap struct {
	mu   sync.Mutex
	talk []message
}

func (r *tap) copy(dst, src net.Conn, dir int) {
	b := make([]byte, 32<<10)
	for {
		n, err := src.Read(b)
		if n > 0 {
			r.mu.Lock()
			r.talk = append(r.talk, message{dir: dir, data: string(b[:n])})
			r.mu.Unlock()
			if _, err := dst.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			_ = dst.Close()
			return
		}
	}
}

// http2Talk is a conversation of a real client and a real server over HTTP/2 in clear text.
func http2Talk(t *testing.T, upload bool, sized bool, content string) []message {
	t.Helper()
	plain := new(http.Protocols)
	plain.SetUnencryptedHTTP2(true)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Protocols: plain, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if sized && !upload {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		}
		if !upload {
			_, _ = io.WriteString(w, content)
		}
	})}
	go func() { _ = server.Serve(l) }()
	var r tap
	var done sync.WaitGroup
	client := &http.Client{Transport: &http.Transport{Protocols: plain, DisableCompression: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		c, err := net.Dial("tcp", l.Addr().String())
		mine, theirs := net.Pipe()
		done.Go(func() { r.copy(c, mine, 0) })
		done.Go(func() { r.copy(mine, c, 1) })
		return theirs, err
	}}}
	method, body := http.MethodGet, io.Reader(nil)
	if upload {
		method, body = http.MethodPost, bytes.NewReader([]byte(content))
		if !sized {
			body = io.MultiReader(body)
		}
	}
	req, err := http.NewRequest(method, "http://files.example/get/invoice.doc?a=b", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(resp.Body); err != nil || !upload && string(got) != content {
		t.Fatal(err, len(got))
	}
	resp.Body.Close()
	server.Close()
	done.Wait()
	return r.talk
}

// Files over HTTP/2 in clear text, both ways, with a length and without.
func TestVirusHTTP2(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	for _, sized := range []bool{true, false} {
		for dir, name := range []string{"upload", "download"} {
			c := carrier{name: name, proto: "http2", file: "/get/invoice.doc", device: "192.168.1.12", dir: dir, ends: surf(), marked: !sized,
				talk: func(t *testing.T, content string) []message { return http2Talk(t, dir == 0, sized, content) }}
			c.check(t, s)
		}
	}
}

// Files over FTP, whoever opens the conversation of the data.
func TestVirusFTP(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	for _, active := range []bool{false, true} {
		for dir, command := range []string{"STOR", "RETR"} {
			c := carrier{name: command, proto: "ftp-data", file: "invoice.doc", device: "192.168.1.12", dir: dir, ends: between("192.168.1.12:50001", "198.51.100.80:1025")}
			mode := []message{{dir: 0, data: "PASV\r\n"}, {dir: 1, data: "227 Entering Passive Mode (198,51,100,80,4,1)\r\n"}}
			if active {
				mode = []message{{dir: 0, data: "PORT 192,168,1,12,4,1\r\n"}, {dir: 1, data: "200 PORT command successful\r\n"}}
				c.ends, c.dir = between("198.51.100.80:20", "192.168.1.12:1025"), 1-dir
			}
			c.before = func(b *box) {
				b.play(between("192.168.1.12:50000", "198.51.100.80:21"), append([]message{
					{dir: 1, data: "220 ready\r\n"}, {dir: 0, data: "USER anonymous\r\n"}, {dir: 1, data: "230 welcome\r\n"}, {dir: 0, data: "TYPE I\r\n"}, {dir: 1, data: "200 ok\r\n"},
				}, append(mode, message{dir: 0, data: command + " invoice.doc\r\n"}, message{dir: 1, data: "150 here it comes\r\n"})...))
			}
			c.talk = func(_ *testing.T, content string) []message {
				return []message{{dir: c.dir, data: content}, {dir: c.dir, fin: true}}
			}
			c.check(t, s)
		}
	}
}
