package engine

import (
	"fmt"
	"strings"
	"testing"
)

const uriRule = `http http.uri; content:"` + bad + `";`
const bodyRule = `http http.request_body; content:"` + bad + `";`
const pageRule = `http http.response_body; content:"` + bad + `";`

// one says a request and lets the server answer.
func one(head, body string) func(string) []string {
	return func(w string) []string {
		return []string{">" + strings.ReplaceAll(head+body, "WORD", w), "<HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}
	}
}

// hidden is a request for bad words behind a body that not all servers cut alike.
const hidden = "GET /cgi?x=WORD HTTP/1.1\r\nHost: a\r\n\r\n"

func post(headers string) string {
	return "POST /form HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n"
}

func TestHTTPSmuggling(t *testing.T) {
	t.Parallel()
	te := func(v string) string {
		return post("Transfer-Encoding:"+v+"\r\n") + "3\r\nabc\r\n0\r\n\r\n"
	}
	playSpeeches(t, []speech{
		{name: "two lengths: CL.TE", rule: uriRule, say: one(post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"), "0\r\n\r\n"+hidden)},
		{name: "two lengths: TE.CL", rule: bodyRule, say: one(post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
			"26\r\nGET /cgi?x=WORD HTTP/1.1\r\nHost: ab\r\n\r\n\r\n0\r\n\r\n")},
		{name: "two Content-Length that differ", rule: uriRule, say: one(post("Content-Length: 3\r\nContent-Length: 99\r\n"), "abc"+hidden), event: "http.duplicate_content_length_field_in_request"},
		{name: "Content-Length with a sign", rule: uriRule, say: one(post("Content-Length: +3\r\n"), "abc"+hidden)},
		{name: "Content-Length twice in one field", rule: uriRule, say: one(post("Content-Length: 3, 3\r\n"), "abc"+hidden)},
		{name: "TE.TE: white space before the value", rule: uriRule, say: one(te(" \t chunked"), hidden)},
		{name: "TE.TE: capital letters", rule: uriRule, say: one(te(" cHuNkEd"), hidden)},
		{name: "TE.TE: white space before the colon", rule: uriRule, say: one(post("Transfer-Encoding : chunked\r\n"), "3\r\nabc\r\n0\r\n\r\n"+hidden)},
		{name: "TE.TE: two fields", rule: uriRule, say: one(post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), "3\r\nabc\r\n0\r\n\r\n"+hidden)},
		{name: "TE.TE: a list", rule: uriRule, say: one(te(" identity, chunked"), hidden)},
		{name: "TE.TE: folded line", rule: uriRule, say: one(te("\r\n chunked"), hidden)},
		{name: "TE.TE: vertical tab", rule: uriRule, say: one(te(" \x0bchunked"), hidden)},
		{name: "TE.TE: a name that nobody knows", rule: bodyRule, say: one(post("Transfer-Encoding: xchunked\r\nContent-Length: 7\r\n"), "WORD"),
			event: "http.invalid_transfer_encoding_value_in_request"},
		{name: "TE.TE: a name that nobody knows, and what comes behind", rule: uriRule, say: one(post("Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n"), "abc"+hidden),
			event: "http.invalid_transfer_encoding_value_in_request"},
		{name: "TE.TE: a Kelvin sign for the k", rule: uriRule, say: one(post("Transfer-Encoding: chun\u212aed\r\nContent-Length: 3\r\n"), "abc"+hidden)},
		{name: "chunked in HTTP/1.0", rule: uriRule, say: one("POST /form HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n"+hidden),
			event: "http.invalid_transfer_encoding_value_in_request"},
		{name: "GET with a body", rule: uriRule, say: one("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", "abc"+hidden)},
		{name: "pipelining", rule: uriRule, say: one("GET /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b HTTP/1.1\r\nHost: a\r\n\r\n", hidden)},
		{name: "Expect: 100-continue", rule: bodyRule, say: func(w string) []string {
			return []string{">" + post("Content-Length: 7\r\nExpect: 100-continue\r\n"), "<HTTP/1.1 100 Continue\r\n\r\n", ">" + w, "<HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}
		}},
		{name: "Expect: 100-continue that is refused", rule: uriRule, say: func(w string) []string {
			return []string{">" + post("Content-Length: 7\r\nExpect: 100-continue\r\n"), "<HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n",
				">" + strings.ReplaceAll(hidden, "WORD", w)}
		}},
	})
}

func TestHTTPChunkTricks(t *testing.T) {
	t.Parallel()
	chunked := post("Transfer-Encoding: chunked\r\n")
	playSpeeches(t, []speech{
		{name: "words cut over chunks", rule: bodyRule, say: func(w string) []string {
			return []string{">" + chunked + "3\r\n" + w[:3] + "\r\n4\r\n" + w[3:] + "\r\n0\r\n\r\n"}
		}},
		{name: "chunks of a byte", rule: bodyRule, say: func(w string) []string {
			var b strings.Builder
			for _, c := range w {
				b.WriteString("1\r\n" + string(c) + "\r\n")
			}
			return []string{">" + chunked + b.String() + "0\r\n\r\n"}
		}},
		{name: "chunk extension", rule: bodyRule, say: one(chunked, "7;name=\"0\"\r\nWORD\r\n0\r\n\r\n"), event: "http.request_chunk_extension"},
		{name: "chunk size with leading zeros", rule: bodyRule, say: one(chunked, "0000000000000000000007\r\nWORD\r\n0\r\n\r\n")},
		{name: "chunk size with white space", rule: bodyRule, say: one(chunked, " 7 \r\nWORD\r\n0\r\n\r\n")},
		{name: "chunk size ends with LF alone", rule: bodyRule, say: one(chunked, "7\nWORD\n0\n\n")},
		{name: "chunk size that overflows", rule: bodyRule, say: one(chunked, "10000000000000007\r\nWORD\r\n0\r\n\r\n"), ends: true},
		{name: "chunk size that is none", rule: bodyRule, say: one(chunked, "0x7\r\nWORD\r\n0\r\n\r\n"), ends: true},
		{name: "chunk size with a sign", rule: bodyRule, say: one(chunked, "-7\r\nWORD\r\n0\r\n\r\n"), ends: true, event: "http.invalid_request_chunk_len"},
		{name: "a request behind the trailer", rule: uriRule, say: one(chunked, "3\r\nabc\r\n0\r\nX: y\r\n\r\n"+hidden)},
		{name: "response: words cut over chunks", rule: pageRule, say: page("Transfer-Encoding: chunked\r\n", func(w string) string {
			return "3\r\n" + w[:3] + "\r\n4\r\n" + w[3:] + "\r\n0\r\n\r\n"
		})},
		{name: "response: chunk sizes end with LF alone", rule: pageRule, say: page("Transfer-Encoding: chunked\r\n", func(w string) string {
			return "3\n" + w[:3] + "\n4\n" + w[3:] + "\n0\n\n"
		})},
		{name: "response: chunked in HTTP/1.0", rule: pageRule, event: "http.response_chunked_old_proto", say: func(w string) []string {
			return []string{">GET / HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n" + w[:3] + "\r\n4\r\n" + w[3:] + "\r\n0\r\n\r\n"}
		}},
		{name: "response: chunk size that is none", rule: pageRule, event: "http.invalid_response_chunk_len", say: page("Transfer-Encoding: chunked\r\n", func(w string) string { return "what " + w + "\r\n" })},
		{name: "response: Transfer-Encoding that nobody knows", rule: pageRule, event: "http.response_abnormal_transfer_encoding", say: page("Transfer-Encoding: xchunked\r\n", func(w string) string {
			return "3\r\n" + w[:3] + "\r\n4\r\n" + w[3:] + "\r\n0\r\n\r\n"
		})},
	})
}

// page answers a request.
func page(headers string, body func(word string) string) func(string) []string {
	return func(w string) []string {
		return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body(w)}
	}
}

func TestHTTPHeadTricks(t *testing.T) {
	t.Parallel()
	req := func(s string) func(string) []string { return one(s, "") }
	header := `http http.header; content:"` + bad + `";`
	playSpeeches(t, []speech{
		{name: "lines that end with LF alone", rule: uriRule, say: req("GET /cgi?x=WORD HTTP/1.1\nHost: a\n\n")},
		{name: "CR CR LF", rule: uriRule, say: req("GET /cgi?x=WORD HTTP/1.1\r\r\nHost: a\r\n\r\n")},
		{name: "empty lines before", rule: uriRule, say: req("\r\n\r\nGET /cgi?x=WORD HTTP/1.1\r\nHost: a\r\n\r\n")},
		{name: "white space before the method", rule: uriRule, say: req(" GET /cgi?x=WORD HTTP/1.1\r\nHost: a\r\n\r\n"), event: "http.request_line_leading_whitespace"},
		{name: "tabs between the parts", rule: uriRule, say: req("GET\t/cgi?x=WORD\tHTTP/1.1\r\nHost: a\r\n\r\n"), event: "http.method_delim_non_compliant"},
		{name: "several spaces between the parts", rule: uriRule, say: req("GET   /cgi?x=WORD   HTTP/1.1\r\nHost: a\r\n\r\n")},
		{name: "a space within the target", rule: uriRule, say: req("GET /cgi x=WORD HTTP/1.1\r\nHost: a\r\n\r\n")},
		{name: "a method that nobody knows", rule: uriRule, say: req("FETCH /cgi?x=WORD HTTP/1.1\r\nHost: a\r\n\r\n")},
		{name: "no version (HTTP/0.9)", rule: uriRule, say: req("GET /cgi?x=WORD\r\n\r\n")},
		{name: "absolute target", rule: uriRule, say: req("GET http://user:pw@a.example:80/cgi?x=WORD HTTP/1.1\r\nHost: b\r\n\r\n")},
		{name: "header folded over lines (obs-fold)", rule: header, say: func(w string) []string {
			return []string{">GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n " + w + "\r\n\r\n"}
		}},
		{name: "header splitting: a bare CR", rule: header, say: req("GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: WORD\r\n\r\n")},
		{name: "NUL in a header", rule: header, say: req("GET / HTTP/1.1\r\nHost: a\r\nX\x00: b WORD\r\n\r\n"), event: "http.request_field_missing_colon"},
		{name: "header without a colon", rule: uriRule, say: req("GET /cgi?x=WORD HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n"), event: "http.request_field_missing_colon"},
		{name: "two Host headers", rule: uriRule, say: req("GET /cgi?x=WORD HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), event: "http.request_header_repetition"},
		{name: "no Host header", rule: uriRule, say: req("GET /cgi?x=WORD HTTP/1.1\r\n\r\n"), event: "http.missing_host_header"},
		{name: "a long header before", rule: header, say: func(w string) []string {
			return []string{">GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 9000) + "\r\nY: " + w + "\r\n\r\n"}
		}},
		{name: "h2c upgrade that is ignored", rule: uriRule, say: func(w string) []string {
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
				"<HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", ">" + strings.ReplaceAll(hidden, "WORD", w)}
		}},
		{name: "h2c upgrade that is accepted", rule: uriRule, say: func(w string) []string {
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
				"<HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
				">" + h2Request("/cgi?x="+w)}
		}},
		{name: "h2c with prior knowledge", rule: uriRule, say: func(w string) []string { return []string{">" + h2Request("/cgi?x="+w)} }},
		{name: "CONNECT that is refused", rule: uriRule, say: func(w string) []string {
			return []string{">CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ">" + strings.ReplaceAll(hidden, "WORD", w)}
		}},
		{name: "CONNECT, and HTTP in the tunnel", rule: uriRule, say: func(w string) []string {
			return []string{">CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 200 OK\r\n\r\n", ">" + strings.ReplaceAll(hidden, "WORD", w)}
		}},
	})
}

// h2Request is what a client of HTTP/2 says first (RFC 9113 section 3.4), with a request
// for path.
func h2Request(path string) string {
	head := "\x82\x86\x04" + string(byte(len(path))) + path + "\x41\x01a"
	return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
		"\x00\x00" + string(byte(len(head))) + "\x01\x05\x00\x00\x00\x03" + head
}

func TestHTTPTargetTricks(t *testing.T) {
	t.Parallel()
	at := func(rule, enc, plain string) func(string) []string {
		return func(w string) []string {
			s := enc
			if w == good {
				s = plain
			}
			return []string{">GET /cgi" + s + " HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}
		}
	}
	playSpeeches(t, []speech{
		{name: "percent", rule: uriRule, say: at("", "%2fbin%2Fs%68", "%2fusr%2Fl%73")},
		{name: "double percent", rule: uriRule, say: at("", "%252fbin%252fsh", "%252fusr%252fls"), event: "http.double_encoded_uri", ends: true},
		{name: "%u", rule: uriRule, say: at("", "%u002fbin%u002fsh", "%u002fusr%u002fls"), ends: true},
		{name: "overlong UTF-8", rule: uriRule, say: at("", "%c0%afbin%c0%afsh", "%c0%afusr%c0%afls"), ends: true},
		{name: "dots", rule: uriRule, say: at("", "/bin/./sh", "/usr/./ls")},
		{name: "dots up", rule: uriRule, say: at("", "/bin/x/../sh", "/usr/x/../ls")},
		{name: "several slashes", rule: uriRule, say: at("", "//bin///sh", "//usr///ls"), ends: true},
		{name: "backslashes", rule: uriRule, say: at("", `\bin\sh`, `\usr\ls`), ends: true},
		{name: "plus signs in the query", rule: `http http.uri; content:"a b";`, say: at("", "?x=a+b", "?x=a-b"), ends: true},
	})
}

// A server's trick: what is for one request must not be taken for another's.
func TestHTTPResponseTricks(t *testing.T) {
	t.Parallel()
	length := func(w string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(w), w) }
	playSpeeches(t, []speech{
		{name: "answer to HEAD with a length, then the page", rule: pageRule, say: func(w string) []string {
			return []string{">HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\n" + length(w)}
		}},
		{name: "100 Continue before", rule: pageRule, say: func(w string) []string {
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + length(w)}
		}},
		{name: "103 Early Hints before", rule: pageRule, say: func(w string) []string {
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\n" + length(w)}
		}},
		{name: "204 before", rule: pageRule, say: func(w string) []string {
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n", "<HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n" + length(w)}
		}},
		{name: "no length", rule: pageRule, say: page("", func(w string) string { return w })},
		{name: "a length that is too small", rule: pageRule, say: page("Content-Length: 1\r\n", func(w string) string { return w }), ends: true},
		{name: "a length that is too large", rule: pageRule, say: page("Content-Length: 9999\r\n", func(w string) string { return w })},
		{name: "no status line", rule: pageRule, event: "applayer_detect_protocol_only_one_direction", say: func(w string) []string {
			return []string{">GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "<<html>\n" + strings.Repeat("a", 300) + w + "\n</html>\n"}
		}},
		{name: "words behind much else", rule: pageRule, say: page("Content-Length: 60007\r\n", func(w string) string { return strings.Repeat("a", 60000) + w })},
	})
}
