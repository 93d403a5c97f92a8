// Package sites finds out which names, pages and addresses a conversation asks for, has
// the lists judge them, and writes what is told about it.
//
// A [Watch] is one worker's and allocates nothing for what no list has. Only the engine
// calls it, and acts on the answer: this room sends nothing and drops nothing.
package sites

import (
	"bytes"
	"hash/maphash"
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/http1/uri"
	"otasuke/gateway/internal/eve"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/filter"
	"otasuke/rule"
)

// SID is the signature number of what is told, in a block of our own.
const SID = 9900001

// Buffers are what readers must show.
var Buffers = [...]rule.Buffer{rule.HTTPHost, rule.HTTPMethod, rule.HTTPURIRaw, rule.TLSSNI, rule.QUICSNI, rule.DNSQueries}

// Layer is where something was asked for, as the centre has it.
type Layer string

// Layers.
const (
	HTTP Layer = "http"
	TLS  Layer = "tls"
	QUIC Layer = "quic"
	DNS  Layer = "dns"
	IP   Layer = "ip"
)

// Find is something listed that was asked for.
type Find struct {
	Name  []byte
	Layer Layer
	List  filter.List
}

// Blocks tells that it must not be reached.
func (f *Find) Blocks() bool { return f.List.Action != filter.Report }

// Answerer appends an answer in place of the server's to what was asked for at last: an address,
// or with the zero one that there is no such name.
type Answerer interface {
	AppendBlocked(out []byte, instead netip.Addr) []byte
}

// Watch looks names up for one worker. The zero value is ready.
type Watch struct {
	recent recent
	seed   maphash.Seed
	target []byte
}

// Asks looks up what a side of a transaction shows for the first time; who tells the device.
// Of several finds one that blocks is returned.
func (w *Watch) Asks(l *filter.Lists, who func() filter.Device, side *app.Side) (found Find, ok bool) {
	if l.Len() == 0 {
		return found, false
	}
	for i := range side.Values {
		v := &side.Values[i]
		if !v.Fresh {
			continue
		}
		layer := layerOf(v.Buffer)
		if layer == "" {
			continue
		}
		d := who()
		list, bad := l.Name(d, v.Data)
		if layer == HTTP && l.HasURLs() && (!bad || list.Action == filter.Report) {
			if page, listed := w.page(l, d, v.Data, side.Get(rule.HTTPURIRaw)); listed {
				list, bad = page, true
			}
		}
		if !bad {
			continue
		}
		found, ok = Find{v.Data, layer, list}, true
		if found.Blocks() {
			break
		}
	}
	return found, ok
}

func layerOf(b rule.Buffer) Layer {
	switch b {
	case rule.HTTPHost:
		return HTTP
	case rule.TLSSNI:
		return TLS
	case rule.QUICSNI:
		return QUIC
	case rule.DNSQueries:
		return DNS
	}
	return ""
}

// page looks one page up, with its query and without.
func (w *Watch) page(l *filter.Lists, d filter.Device, host, raw []byte) (filter.List, bool) {
	t := uri.Split(raw)
	t.Fragment = nil
	w.target = t.Append(w.target[:0])
	if list, bad := l.URL(d, host, w.target); bad {
		return list, true
	}
	if i := bytes.IndexByte(w.target, '?'); i >= 0 {
		return l.URL(d, host, w.target[:i])
	}
	return filter.List{}, false
}

// Opens looks up the outside ends of a conversation; home tells the inside ones. Published lists of
// networks name all that is no place in the internet, too: what the office says in its cables, to
// everybody, and to a network of its own far away is not meant, but by a denial of the company.
func (w *Watch) Opens(l *filter.Lists, who func() filter.Device, server netip.AddrPort, client netip.Addr, home func(netip.Addr) bool) (Find, bool) {
	if l.Len() == 0 {
		return Find{}, false
	}
	// A client's port means nothing.
	for _, end := range [2]netip.AddrPort{server, netip.AddrPortFrom(client, 0)} {
		a := end.Addr()
		if home(a) || !a.IsGlobalUnicast() {
			continue
		}
		if list, bad := l.Addr(who(), a, end.Port()); bad && !(a.IsPrivate() && list.Action == filter.Block) {
			return Find{[]byte(a.String()), IP, list}, true
		}
	}
	return Find{}, false
}

// First tells that a find is to be told: not again within a minute, and of one client only
// so much. now is in microseconds.
func (w *Watch) First(f *Find, client netip.Addr, now int64) bool {
	if f.List.Quiet {
		return false
	}
	if w.seed == (maphash.Seed{}) {
		w.seed = maphash.MakeSeed()
	}
	var h maphash.Hash
	h.SetSeed(w.seed)
	a := client.As16()
	_, _ = h.Write(a[:])
	_, _ = h.WriteString(string(f.Layer))
	_, _ = h.Write(f.Name)
	quiet := int64(recentTime)
	if !f.Blocks() {
		quiet = notedTime
	}
	return w.recent.first(h.Sum64(), client, now, quiet)
}

// Untold counts finds of clients that had more than is told.
func (w *Watch) Untold() uint64 { return w.recent.untold }

// Tell writes a find of a transaction, or of none, into a record.
func Tell(rec *eve.Record, own *eve.Own, f *Find, tx *app.Tx, inline bool) {
	if f.Layer == HTTP {
		rec.HTTP = &eve.HTTP{Hostname: evelog.Text(f.Name), URL: evelog.Text(tx.Sides[app.ToServer].Get(rule.HTTPURIRaw))}
	}
	action, kind := "allowed", "dangerous site"
	if inline && f.Blocks() {
		action = "blocked"
	}
	severity := 2
	if !f.Blocks() {
		kind, severity = "noted site", 3
	}
	rec.Alert = &eve.Alert{Action: action, GID: 1, SignatureID: SID, Rev: 1, Signature: "OTASUKE " + kind + " (" + f.List.Category + ", " + string(f.Layer) + ")", Category: "Dangerous site", Severity: severity}
	own.Layer, own.Site, own.Category, own.List = string(f.Layer), evelog.Text(f.Name), f.List.Category, f.List.Name
}
