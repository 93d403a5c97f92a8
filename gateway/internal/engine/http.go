package engine

import (
	"io"
	"slices"

	"otasuke/gateway/internal/app/httpmsg"
	"otasuke/gateway/internal/match"
	"otasuke/gateway/internal/scan"
	"otasuke/rule"
)

// httpTx is what the engine keeps of a transaction.
type httpTx struct {
	match [2]match.TxState
	// changed since the last inspection, and the body length then, by direction.
	changed [2]bool
	judged  [2]int
	file    [2]*scan.File
	scanned [2]bool // a file was opened for this direction
	number  uint64
}

// httpConn reads one connection and tells its worker.
type httpConn struct {
	w    *Worker
	conn httpmsg.Conn[httpTx]
	txs  uint64
	// sentResp tells that a byte of the current response passed to the client.
	sentResp bool
	// files of this connection that were opened and may not be answered yet.
	files []*scan.File
}

func (w *Worker) httpBytes(dir int, b []byte) {
	h := w.flow.User.http
	h.w = w
	h.conn.Push(dir, b)
	w.inspectApp()
	if dir == httpmsg.ToClient && !w.flow.User.dropped && !w.hold {
		h.sentResp = h.conn.Current(dir) != nil
	}
}

// inspectApp judges transactions that changed and are not complete yet.
func (w *Worker) inspectApp() {
	s := &w.flow.User
	if s.http == nil || s.dropped || s.passed {
		return
	}
	for dir := range 2 {
		if tx := s.http.conn.Current(dir); tx != nil && tx.User.changed[dir] {
			s.http.judge(tx, dir, false)
		}
	}
}

// Head is called by the reader.
func (h *httpConn) Head(tx *httpmsg.Tx[httpTx], dir int) {
	u := &tx.User
	if dir == httpmsg.ToServer || u.number == 0 {
		h.txs++
		m := u.match
		m[0].Reset()
		m[1].Reset()
		*u = httpTx{match: m, number: h.txs}
	}
	u.changed[dir] = true
	if dir == httpmsg.ToServer {
		h.host(tx)
		return
	}
	h.openFile(tx, dir)
}

// host looks the host of a request up.
func (h *httpConn) host(tx *httpmsg.Tx[httpTx]) {
	w := h.w
	w.arena = tx.Req.AppendHost(w.arena[:0])
	if list, bad := w.e.lists.Load().Name(w.arena); bad {
		w.siteURL(string(w.arena), string(tx.Req.Target), list)
	}
}

// Body is called by the reader.
func (h *httpConn) Body(tx *httpmsg.Tx[httpTx], dir int, b []byte) {
	u := &tx.User
	m := &tx.Req
	if dir == httpmsg.ToClient {
		m = &tx.Resp
	}
	u.changed[dir] = u.changed[dir] || u.judged[dir] < len(m.Body)
	if dir == httpmsg.ToServer && !u.scanned[dir] {
		h.openFile(tx, dir)
	}
	if f := u.file[dir]; f != nil && f.Write(b) {
		h.w.wait(f, nil)
	}
}

// Done is called by the reader.
func (h *httpConn) Done(tx *httpmsg.Tx[httpTx], dir int) {
	w, u := h.w, &tx.User
	h.judge(tx, dir, true)
	if f := u.file[dir]; f != nil && !w.flow.User.dropped {
		f.Close()
		w.wait(f, h.fileName(tx))
		u.file[dir] = nil
	}
	if dir == httpmsg.ToClient {
		w.logHTTP(tx)
		h.sentResp = false
	}
}

// cut asks for the answer about a file that ended before its announced length.
func (h *httpConn) cut(dir int) {
	tx := h.conn.Current(dir)
	if tx == nil || tx.User.file[dir] == nil {
		return
	}
	tx.User.file[dir].Close()
	h.w.wait(tx.User.file[dir], h.fileName(tx))
	tx.User.file[dir] = nil
}

// judge matches the rules against what is there of one direction.
func (h *httpConn) judge(tx *httpmsg.Tx[httpTx], dir int, done bool) {
	u, w := &tx.User, h.w
	if w.flow.User.dropped || w.flow.User.passed {
		return
	}
	m := &tx.Req
	if dir == httpmsg.ToClient {
		m = &tx.Resp
	}
	// A growing body is matched when it grew by a quarter: all of it is matched at
	// the end, and the sum of the work stays a small multiple of its size.
	if n := u.judged[dir]; !done && n > 0 && len(m.Body) < n+n/4+1 {
		return
	}
	if done && !u.changed[dir] && u.judged[dir] == len(m.Body) {
		return
	}
	u.changed[dir], u.judged[dir] = false, len(m.Body)
	w.inspectHTTP(tx, dir)
}

// openFile starts scanning the body of a message, if it has one worth it.
func (h *httpConn) openFile(tx *httpmsg.Tx[httpTx], dir int) {
	w, u := h.w, &tx.User
	u.scanned[dir] = true
	if w.e.cfg.Scanner == nil || w.flow.User.passed {
		return
	}
	m := &tx.Req
	if dir == httpmsg.ToClient {
		m = &tx.Resp
	}
	if m.Length == 0 || m.Response && (m.Status/100 == 1 || m.Status == 204 || m.Status == 304 || string(tx.Req.Method) == "HEAD") {
		return
	}
	if m.Length > scan.MaxFile {
		w.notScanned(tx, dir, scan.ErrTooLarge)
		return
	}
	u.file[dir] = w.e.cfg.Scanner.Open()
	h.files = append(slices.DeleteFunc(h.files, func(f *scan.File) bool { return f.Result() != nil }), u.file[dir])
}

// closeApp gives up what a flow that ends was reading.
func (w *Worker) closeApp(f *flowOf) {
	s := &f.User
	if s.http == nil {
		return
	}
	for _, f := range s.http.files {
		f.Abort(io.ErrUnexpectedEOF) // changes nothing where the answer is there
	}
	s.http.files = s.http.files[:0]
}

// fileName is what the person knows the file by.
func (h *httpConn) fileName(tx *httpmsg.Tx[httpTx]) *fileOf {
	h.w.arena = tx.Req.AppendHost(h.w.arena[:0])
	return &fileOf{host: string(h.w.arena), target: string(tx.Req.Target), name: nameOf(tx), sentResp: h.sentResp}
}

// siteURL reports a dangerous host and blocks the request with a page.
func (w *Worker) siteURL(host, target string, list listOf) {
	rec := w.siteRecord(host, "http", list)
	rec.HTTP = httpRecord(host, target)
	w.block(rec)
	w.blockPage(host, list.Category)
}

var _ httpmsg.Handler[httpTx] = (*httpConn)(nil)

// app of a flow as EVE names it.
func appName(p rule.Proto) string {
	if p == rule.ProtoUnknown {
		return ""
	}
	return p.String()
}
