package evelog

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve"
)

// maxFrameText bounds what a record tells of a frame's bytes.
const maxFrameText = 4095

// FrameOf describes a frame, nil when v is none; tx may be nil.
func FrameOf(v *app.Value, tx *app.Tx, dir int) *eve.Frame {
	name := v.Buffer.Frame()
	if name == "" {
		return nil
	}
	f := &eve.Frame{Type: name, Direction: [2]string{"toserver", "toclient"}[dir], Length: len(v.Data), Complete: true,
		Printable: Printable(v.Data[:min(len(v.Data), maxFrameText)])}
	if tx != nil {
		id := tx.ID
		f.TxID = &id
	}
	return f
}
