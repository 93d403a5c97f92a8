package engine

import (
	"fmt"
	"strings"
	"testing"
)

// partOf is a download of a file from a byte on, as a server gives it.
func partOf(host, path, content string, from int) []message {
	head, ask := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(content)), ""
	if from > 0 {
		head = fmt.Sprintf("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-%d/%d\r\nContent-Length: %d\r\n\r\n", from, len(content)-1, len(content), len(content)-from)
		ask = fmt.Sprintf("Range: bytes=%d-\r\n", from)
	}
	return []message{{dir: 0, data: "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + ask + "\r\n"}, {dir: 1, data: head + content[from:]}}
}

// A browser whose download of a virus was cut off goes on where it stopped: it must not get the
// harmless rest of the file.
func TestVirusResumed(t *testing.T) {
	t.Parallel()
	s := realScanner(t)
	content := strings.Repeat("harmless words of a letter. ", 1000) + virus + strings.Repeat(" and more of them.", 1000)
	b := newBox(t, Config{Scanner: s, LogApps: true})
	e := surf()
	first := b.play(e, partOf("files.example", "/invoice.exe?id=7", content, 0))
	if !first.reset {
		t.Fatal("the virus passes")
	}
	_, body, _ := strings.Cut(first.got[1], "\r\n\r\n")
	e = between("192.168.1.12:50001", "198.51.100.80:80")
	p := b.play(e, partOf("files.example", "/invoice.exe?id=7", content, len(body)))
	if _, rest, _ := strings.Cut(p.got[1], "\r\n\r\n"); body+rest == content {
		t.Errorf("%d bytes and then %d: all of the file arrives", len(body), len(rest))
	}
	// What is another file is not touched, nor is this one when it is loaded anew and harmless.
	for port, talk := range map[int][]message{50002: partOf("files.example", "/other.exe", content, len(body)), 50003: partOf("other.example", "/invoice.exe?id=7", content, len(body))} {
		p := b.play(between(fmt.Sprint("192.168.1.12:", port), "198.51.100.80:80"), talk)
		if p.got[1] != all(talk, 1) || p.reset {
			t.Error("another file is stopped", port)
		}
	}
}
