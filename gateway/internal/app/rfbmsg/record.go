package rfbmsg

import (
	"encoding/hex"
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "rfb" of EVE records.
type Record struct {
	Server *Version     `json:"server_protocol_version,omitempty"`
	Client *Version     `json:"client_protocol_version,omitempty"`
	Auth   Auth         `json:"authentication"`
	Shared *bool        `json:"screen_shared,omitempty"`
	Screen *Framebuffer `json:"framebuffer,omitempty"`
}

// Version of the protocol.
type Version struct {
	Major string `json:"major"`
	Minor string `json:"minor"`
}

// Auth is how the client proved who it is.
type Auth struct {
	SecurityType *int64 `json:"security_type,omitempty"`
	VNC          *VNC   `json:"vnc,omitempty"`
	Result       string `json:"security_result,omitempty"`
	Reason       string `json:"security_failure_reason,omitempty"`
}

// VNC authentication, in hexadecimal.
type VNC struct {
	Challenge string `json:"challenge"`
	Response  string `json:"response"`
}

// Framebuffer is the screen.
type Framebuffer struct {
	Width  uint16      `json:"width"`
	Height uint16      `json:"height"`
	Name   string      `json:"name"`
	Format PixelFormat `json:"pixel_format"`
}

// PixelFormat of RFC 6143 section 7.4.
type PixelFormat struct {
	Bits       uint8  `json:"bits_per_pixel"`
	Depth      uint8  `json:"depth"`
	BigEndian  bool   `json:"big_endian"`
	TrueColor  bool   `json:"true_color"`
	RedMax     uint16 `json:"red_max"`
	GreenMax   uint16 `json:"green_max"`
	BlueMax    uint16 `json:"blue_max"`
	RedShift   uint8  `json:"red_shift"`
	GreenShift uint8  `json:"green_shift"`
	BlueShift  uint8  `json:"blue_shift"`
}

type format = PixelFormat

// readScreen reads the server's initialisation message; b is whole.
func readScreen(b []byte) *screen {
	c := octets.New(b)
	s := &screen{width: c.U16(), height: c.U16()}
	s.format = format{Bits: c.U8(), Depth: c.U8(), BigEndian: c.U8() != 0, TrueColor: c.U8() != 0,
		RedMax: c.U16(), GreenMax: c.U16(), BlueMax: c.U16(), RedShift: c.U8(), GreenShift: c.U8(), BlueShift: c.U8()}
	c.Skip(3) // padding
	s.name = c.Take(int(c.U32()))
	return s
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	x := &turn.Of[session](tx).Data
	r := Record{Server: version(x.server), Client: version(x.client), Shared: x.shared}
	if x.secType >= 0 {
		r.Auth.SecurityType = new(x.secType)
	}
	if x.secType == secVNC {
		r.Auth.VNC = &VNC{hex.EncodeToString(x.question), hex.EncodeToString(x.response)}
	}
	switch x.result {
	case -1:
	case 0:
		r.Auth.Result = "OK"
	case 1:
		r.Auth.Result = "FAIL"
	case 2:
		r.Auth.Result = "TOOMANY"
	default:
		r.Auth.Result = fmt.Sprintf("UNKNOWN (%d)", x.result)
	}
	r.Auth.Reason = octets.Text(x.reason)
	if s := x.screen; s != nil {
		r.Screen = &Framebuffer{s.width, s.height, octets.Text(s.name), s.format}
	}
	return []app.Field{{Name: "rfb", Value: r}}
}

func version(v [2][]byte) *Version {
	if v[0] == nil {
		return nil
	}
	return &Version{octets.Text(v[0]), octets.Text(v[1])}
}
