package websocket

import (
	"fmt"

	"otasuke/gateway/internal/app"
)

type record struct {
	Fin    bool    `json:"fin"`
	Mask   *uint32 `json:"mask,omitempty"`
	Opcode string  `json:"opcode"`
}

var opcodes = map[byte]string{0: "continuation", 1: "text", 2: "binary", 8: "connection_close", 9: "ping", 10: "pong"}

// Record returns the frame as EVE has it.
func (c *Conn) Record(*app.Tx) []app.Field {
	f := &c.at
	r := record{Fin: f.flags&flagFin != 0, Opcode: opcodes[f.opcode]}
	if f.masked {
		mask := f.mask
		r.Mask = &mask
	}
	if r.Opcode == "" {
		r.Opcode = fmt.Sprintf("unknown-%d", f.opcode)
	}
	return []app.Field{{Name: "websocket", Value: r}}
}
