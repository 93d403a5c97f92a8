package dhtmsg

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "bittorrent_dht" of EVE records. Names and keys are hexadecimal.
type Record struct {
	TransactionID string    `json:"transaction_id"`
	ClientVersion string    `json:"client_version,omitempty"`
	RequestType   string    `json:"request_type,omitempty"`
	Error         *Error    `json:"error,omitempty"`
	Request       *Request  `json:"request,omitempty"`
	Response      *Response `json:"response,omitempty"`
}

// Error is why a question has no answer.
type Error struct {
	Num uint16 `json:"num"`
	Msg string `json:"msg"`
}

// Request is a question.
type Request struct {
	ID          string `json:"id"`
	Target      string `json:"target,omitempty"`
	InfoHash    string `json:"info_hash,omitempty"`
	Token       string `json:"token,omitempty"`
	ImpliedPort *uint8 `json:"implied_port,omitempty"`
	Port        *int64 `json:"port,omitempty"`
}

// Response is an answer.
type Response struct {
	ID     string `json:"id"`
	Nodes  []Node `json:"nodes,omitempty"`
	Nodes6 []Node `json:"nodes6,omitempty"`
	Values []Peer `json:"values,omitempty"`
	Token  string `json:"token,omitempty"`
}

// Node of the table.
type Node struct {
	ID string `json:"id"`
	Peer
}

// Peer that has a torrent.
type Peer struct {
	IP   string `json:"ip"`
	Port uint16 `json:"port"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	return []app.Field{{Name: "bittorrent_dht", Value: turn.Of[Record](tx).Data}}
}

// read reads a message (BEP 5).
func (r *Record) read(b []byte) bool {
	v, rest, ok := decode(b, 0)
	if !ok || len(rest) > 0 || v.kind != 'd' {
		return false
	}
	if version, ok := v.get("v"); ok {
		r.ClientVersion = hex.EncodeToString(version.s)
	}
	id, ok := v.get("t")
	r.TransactionID = hex.EncodeToString(id.s)
	return r.body(&v) && ok
}

// body reads what the message is about. What was read before a mistake stays.
func (r *Record) body(v *value) bool {
	kind, _ := v.get("y")
	switch string(kind.s) {
	case "q":
		return r.question(v)
	case "r":
		return r.answer(v)
	case "e":
		e, ok := v.get("e")
		if !ok || e.kind != 'l' || len(e.list) < 2 || e.list[0].kind != 'i' || e.list[1].kind != 's' {
			return false
		}
		r.Error = &Error{uint16(e.list[0].n), octets.Text(e.list[1].s)}
		return true
	}
	return false
}

func (r *Record) question(v *value) bool {
	name, ok := v.get("q")
	a, ok2 := v.get("a")
	if !ok || !ok2 || name.kind != 's' {
		return false
	}
	r.RequestType = octets.Text(name.s)
	id, ok := a.get("id")
	if !ok {
		return false
	}
	q := &Request{ID: hex.EncodeToString(id.s)}
	need := func(key string, to *string) bool {
		v, ok := a.get(key)
		*to = hex.EncodeToString(v.s)
		return ok
	}
	switch r.RequestType {
	case "ping":
	case "find_node":
		ok = need("target", &q.Target)
	case "get_peers":
		ok = need("info_hash", &q.InfoHash)
	case "announce_peer":
		ok = need("info_hash", &q.InfoHash) && need("token", &q.Token)
		port, there := a.get("port")
		q.Port = &port.n
		ok = ok && there
		if implied, there := a.get("implied_port"); there {
			n := uint8(implied.n)
			q.ImpliedPort = &n
		}
	default:
		ok = false
	}
	r.Request = q
	return ok
}

func (r *Record) answer(v *value) bool {
	a, ok := v.get("r")
	if !ok {
		return false
	}
	id, ok := a.get("id")
	if !ok {
		return false
	}
	o := &Response{ID: hex.EncodeToString(id.s)}
	if token, ok := a.get("token"); ok {
		o.Token = hex.EncodeToString(token.s)
	}
	nodes, _ := a.get("nodes")
	nodes6, _ := a.get("nodes6")
	o.Nodes, o.Nodes6 = readNodes(nodes.s, 4), readNodes(nodes6.s, 16)
	values, _ := a.get("values")
	for _, p := range values.list {
		if peer, ok := readPeer(p.s); ok {
			o.Values = append(o.Values, peer)
		}
	}
	r.Response = o
	return true
}

// readNodes reads compact nodes: 20 bytes of name, an address of size bytes and a port.
func readNodes(b []byte, size int) (list []Node) {
	for n := 20 + size + 2; len(b) >= n; b = b[n:] {
		if p, ok := readPeer(b[20:n]); ok {
			list = append(list, Node{hex.EncodeToString(b[:20]), p})
		}
	}
	return list
}

func readPeer(b []byte) (p Peer, ok bool) {
	if len(b) < 6 {
		return p, false
	}
	a, ok := netip.AddrFromSlice(b[:len(b)-2])
	if !ok {
		return p, false
	}
	return Peer{a.StringExpanded(), binary.BigEndian.Uint16(b[len(b)-2:])}, true
}
