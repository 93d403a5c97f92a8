package lab

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// quiet swallows what servers say about clients that were cut off: that is the test.
var quiet = log.New(io.Discard, "", 0)

func addrPort(addr string, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(addr), port)
}

// Pages is the number of pages of the harmless site.
const Pages = 200

// Page is the text of one page: the same each time, different for each number.
func Page(n int) []byte {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html><html><head><title>Page %d</title></head><body>", n)
	for b.Len() < 12<<10 {
		fmt.Fprintf(&b, "<p>Order %d of %d pieces, delivery in %d days.</p>\n", r.IntN(1e6), r.IntN(1000), r.IntN(30))
	}
	b.WriteString("</body></html>")
	return b.Bytes()
}

// Bulk is a stream of random bytes that is the same each time.
func Bulk(size int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{7}), size)
}

// goodSite serves pages, gzip when asked for, and one large file.
func goodSite(big int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/page/{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			_, _ = z.Write(Page(n))
			return
		}
		_, _ = w.Write(Page(n))
	})
	mux.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.FormatInt(big, 10))
		_, _ = io.Copy(w, Bulk(big))
	})
	// A download that takes a while: something must happen in the middle of it.
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		const pieces = 40
		w.Header().Set("Content-Length", strconv.FormatInt(big, 10))
		src := Bulk(big)
		for i := range pieces {
			n := big / pieces
			if i == pieces-1 {
				n = big - n*(pieces-1)
			}
			if _, err := io.CopyN(w, src, n); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(50 * time.Millisecond)
		}
	})
	return mux
}

// EICAR is the test file that every scanner knows; it is harmless by design. It is
// put together here so that this source file itself is not found.
func EICAR() []byte {
	return []byte(strings.Join([]string{`X5O!P%@AP[4\PZX54(P^)7CC)7}$`, "EICAR", "-STANDARD-", "ANTIVIRUS-", "TEST-FILE!", "$H+H*"}, ""))
}

// zipped is the test file inside an archive, behind something harmless.
func zipped() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range map[string][]byte{"readme.txt": Page(1), "invoice.com": EICAR()} {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			panic(err) // writing to memory cannot fail
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Unknown is a program of which no scanner knows anything.
func Unknown() []byte {
	b := append([]byte("MZ"), make([]byte, 48<<10)...)
	_, _ = rand.NewChaCha8([32]byte{9}).Read(b[2:])
	return b
}

// files serves the infected ones.
func (in *Internet) files() http.Handler {
	mux := http.NewServeMux()
	give := func(path, kind string, data []byte) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			in.Reached.Add("file")
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(data)
		})
	}
	give("/eicar.com", "application/octet-stream", EICAR())
	give("/invoice.zip", "application/zip", zipped())
	give("/viewer.exe", "application/octet-stream", Unknown())
	return mux
}
