package sshhello

import "otasuke/gateway/internal/app"

// Record is the member "ssh" of EVE records.
type Record struct {
	Client *Peer `json:"client,omitempty"`
	Server *Peer `json:"server,omitempty"`
}

// Peer is one side.
type Peer struct {
	ProtoVersion    string `json:"proto_version"`
	SoftwareVersion string `json:"software_version,omitempty"`
	Hassh           *Hassh `json:"hassh,omitempty"`
}

// Hassh is the fingerprint of what a side offers.
type Hassh struct {
	Hash   string `json:"hash"`
	String string `json:"string"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	c := tx.User.(*Conn)
	return []app.Field{{Name: "ssh", Value: Record{
		Client: c.half[app.ToServer].peer(),
		Server: c.half[app.ToClient].peer(),
	}}}
}

func (h *half) peer() *Peer {
	if !h.named {
		return nil
	}
	p := &Peer{ProtoVersion: string(h.proto), SoftwareVersion: string(h.software)}
	if h.hassh != nil {
		p.Hassh = &Hassh{Hash: string(h.hassh), String: string(h.offer)}
	}
	return p
}
