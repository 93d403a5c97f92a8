package dnp3msg

import (
	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "dnp3" of EVE records.
type Record struct {
	Type        string      `json:"type"`
	Control     Control     `json:"control"`
	Src         uint16      `json:"src"`
	Dst         uint16      `json:"dst"`
	Application Application `json:"application"`
	IIN         *IIN        `json:"iin,omitempty"`
}

// Control of the link.
type Control struct {
	Dir      bool  `json:"dir"`
	Pri      bool  `json:"pri"`
	FCB      bool  `json:"fcb"`
	FCV      bool  `json:"fcv"`
	Function uint8 `json:"function_code"`
}

// Application is the message.
type Application struct {
	Control  AppControl `json:"control"`
	Function uint8      `json:"function_code"`
	Objects  []Object   `json:"objects"`
	Complete bool       `json:"complete"`
}

// AppControl of the application.
type AppControl struct {
	Fir      bool  `json:"fir"`
	Fin      bool  `json:"fin"`
	Con      bool  `json:"con"`
	Uns      bool  `json:"uns"`
	Sequence uint8 `json:"sequence"`
}

// Object names points.
type Object struct {
	Group     uint8  `json:"group"`
	Variation uint8  `json:"variation"`
	Qualifier uint8  `json:"qualifier"`
	Prefix    uint8  `json:"prefix_code"`
	Range     uint8  `json:"range_code"`
	Start     uint32 `json:"start"`
	Stop      uint32 `json:"stop"`
	Count     uint32 `json:"count"`
}

// IIN are the internal indications.
type IIN struct {
	Indicators []string `json:"indicators"`
}

// indications by bit of the two octets, the first octet above (section 4.2.2.6).
var indications = [16]string{8: "all_stations", 9: "class_1_events", 10: "class_2_events", 11: "class_3_events", 12: "need_time", 13: "local_control",
	14: "device_trouble", 15: "device_restart", 0: "no_func_code_support", 1: "object_unknown", 2: "parameter_error", 3: "event_buffer_overflow",
	4: "already_executing", 5: "config_corrupt", 6: "reserved_2", 7: "reserved_1"}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	m := &turn.Of[message](tx).Data
	link, control := func(bit uint8) bool { return m.frame.control&bit != 0 }, func(bit uint8) bool { return m.control&bit != 0 }
	r := &Record{Type: "request", Src: m.src, Dst: m.dst, Control: Control{link(0x80), link(0x40), link(0x20), link(0x10), m.frame.control & 15}}
	r.Application = Application{AppControl{control(0x80), control(0x40), control(0x20), control(0x10), m.control & 15}, m.function, []Object{}, m.complete}
	for _, o := range m.objects {
		r.Application.Objects = append(r.Application.Objects, Object{o.group, o.variation, o.qualifier, o.prefix, o.rangeCode, o.start, o.stop, o.count})
	}
	if m.response {
		r.Type = "response"
		if m.function == fnResponse+1 {
			r.Type = "unsolicited_response"
		}
		r.IIN = &IIN{[]string{}}
		for i, s := range indications {
			if m.iin&(1<<i) != 0 {
				r.IIN.Indicators = append(r.IIN.Indicators, s)
			}
		}
	}
	return []app.Field{{Name: "dnp3", Value: r}}
}
