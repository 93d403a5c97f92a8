package engine

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// packed compresses.
func packed(open func(io.Writer) io.WriteCloser, s string) string {
	var b bytes.Buffer
	w := open(&b)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return b.String()
}

func gz(s string) string {
	return packed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, s)
}
func zl(s string) string {
	return packed(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, s)
}
func br(s string) string {
	return packed(func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }, s)
}
func raw(s string) string {
	return packed(func(w io.Writer) io.WriteCloser { d, _ := flate.NewWriter(w, 9); return d }, s)
}

// coded is a page whose body is coded.
func coded(encoding string, code func(string) string) func(string) []string {
	return func(w string) []string {
		body := code("<p>" + strings.Repeat("text ", 40) + w + "</p>")
		return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
			fmt.Sprintf("<HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s", encoding, len(body), body)}
	}
}

// What a server can call a coding and browsers undo all the same.
func TestHTTPCodingTricks(t *testing.T) {
	t.Parallel()
	wrongSum := func(s string) string {
		b := []byte(gz(s))
		b[len(b)-6] ^= 0x55
		return string(b)
	}
	named := func(s string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Name, w.Comment, w.Extra = "a name", strings.Repeat("c", 500), []byte("extra")
		_, _ = io.WriteString(w, s)
		_ = w.Close()
		return b.String()
	}
	playSpeeches(t, []speech{
		{name: "gzip", rule: pageRule, say: coded("gzip", gz)},
		{name: "x-gzip", rule: pageRule, say: coded("x-gzip", gz)},
		{name: "gzip in capital letters", rule: pageRule, say: coded("GZip", gz)},
		{name: "gzip with a long header", rule: pageRule, say: coded("gzip", named)},
		{name: "gzip with trailing garbage", rule: pageRule, say: coded("gzip", func(s string) string { return gz(s) + "garbage" })},
		{name: "gzip with a wrong CRC", rule: pageRule, say: coded("gzip", wrongSum)},
		{name: "gzip without its trailer", rule: pageRule, say: coded("gzip", func(s string) string { s = gz(s); return s[:len(s)-8] })},
		{name: "gzip of several members", rule: pageRule, say: coded("gzip", func(s string) string { return gz(s[:len(s)-6]) + gz(s[len(s)-6:]) })},
		{name: "gzip in gzip", rule: pageRule, say: coded("gzip, gzip", func(s string) string { return gz(gz(s)) })},
		{name: "gzip, deflate", rule: pageRule, say: coded("deflate, gzip", func(s string) string { return gz(zl(s)) })},
		{name: "gzip three times", rule: pageRule, say: coded("gzip, gzip, gzip", func(s string) string { return gz(gz(gz(s))) }), ends: true, event: "http.too_many_encoding_layers"},
		{name: "deflate with zlib", rule: pageRule, say: coded("deflate", zl)},
		{name: "deflate, raw", rule: pageRule, say: coded("deflate", raw)},
		{name: "deflate that is gzip", rule: pageRule, say: coded("deflate", gz)},
		{name: "gzip that is deflate", rule: pageRule, say: coded("gzip", zl)},
		{name: "gzip that is plain", rule: pageRule, say: coded("gzip", func(s string) string { return s })},
		{name: "a coding that nobody knows, plain", rule: pageRule, say: coded("gzzip", func(s string) string { return s }), event: "http.abnormal_ce_header"},
		{name: "identity", rule: pageRule, say: coded("identity", func(s string) string { return s })},
		{name: "brotli", rule: pageRule, say: coded("br", br)},
		{name: "gzip, chunked", rule: pageRule, say: func(w string) []string {
			body := gz("<p>" + w + "</p>")
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n", fmt.Sprintf("<HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", body[:5], len(body)-5, body[5:])}
		}},
		{name: "gzip that ends with the connection", rule: pageRule, say: func(w string) []string {
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gz("<p>"+w+"</p>")}
		}},
		{name: "request with gzip", rule: bodyRule, say: func(w string) []string {
			body := gz("x=" + w)
			return []string{">" + post(fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n", len(body))) + body, "<HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}
		}},
		{name: "gzip that was not finished", rule: pageRule, say: func(w string) []string {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = io.WriteString(z, "<p>"+w+"</p>")
			_ = z.Flush()
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n" + b.String()}
		}},
	})
}

// Requests that wait for an answer keep their places, however many there are: the page is
// that of its request, and an answer to HEAD has no body.
func TestHTTPPipelining(t *testing.T) {
	t.Parallel()
	for _, n := range []int{33, 600, 2000} {
		set := rulesOf(t, `drop http any any -> any any (msg:"m"; http.response_body; content:"evil-page"; sid:1;)`)
		for page, want := range map[string]bool{"evil-page": true, "good-page": false} {
			b := newBox(t, Config{Rules: set})
			e := surf()
			b.open(e)
			for i := range n {
				b.say(e, 0, fmt.Sprintf("%s /get%d HTTP/1.1\r\nHost: a\r\n\r\n", []string{"GET", "HEAD"}[i%2], i))
			}
			b.say(e, 0, "GET /last HTTP/1.1\r\nHost: a\r\n\r\n")
			for i := range n {
				body := ""
				if i%2 == 0 {
					body = "xx"
				}
				b.say(e, 1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"+body)
			}
			v := b.say(e, 1, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"+page)
			for _, r := range b.records {
				if r.Alert != nil && (r.TxID == nil || *r.TxID != uint64(n)) {
					t.Errorf("%d requests: it is told of request %d", n, *r.TxID)
				}
			}
			if got := fmt.Sprint(b.alerts()); (v != 0) != want || got != map[bool]string{true: "[blocked m]", false: "[]"}[want] {
				t.Errorf("%d requests, %s: verdict %d, alerts %s", n, page, v, got)
			}
		}
	}
}
