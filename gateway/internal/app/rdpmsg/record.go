package rdpmsg

import (
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "rdp" of EVE records.
type Record struct {
	TxID      uint64   `json:"tx_id"`
	EventType string   `json:"event_type"`
	Cookie    string   `json:"cookie,omitempty"`
	Flags     []string `json:"flags,omitempty"`
	Protocol  string   `json:"protocol,omitempty"`
	Server    []string `json:"server_supports,omitempty"`
	ErrorCode *uint32  `json:"error_code,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Client    *Client  `json:"client,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Serials   []string `json:"x509_serials,omitempty"`
}

// Client is what a client says of itself.
type Client struct {
	Version      string   `json:"version,omitempty"`
	Width        uint16   `json:"desktop_width"`
	Height       uint16   `json:"desktop_height"`
	ColorDepth   uint16   `json:"color_depth,omitempty"`
	Layout       string   `json:"keyboard_layout,omitempty"`
	Build        string   `json:"build,omitempty"`
	Name         string   `json:"client_name,omitempty"`
	Keyboard     string   `json:"keyboard_type,omitempty"`
	Subtype      uint32   `json:"keyboard_subtype,omitempty"`
	FunctionKeys uint32   `json:"function_keys,omitempty"`
	IME          string   `json:"ime,omitempty"`
	ProductID    *uint16  `json:"product_id,omitempty"`
	Serial       uint32   `json:"serial_number,omitempty"`
	Capabilities []string `json:"capabilities,omitempty"`
	ID           string   `json:"id,omitempty"`
	Connection   string   `json:"connection_hint,omitempty"`
}

var eventNames = [...]string{"initial_request", "initial_response", "connect_request", "connect_response", "tls_handshake"}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	m := &turn.Of[message](tx).Data
	r := Record{TxID: tx.ID, EventType: eventNames[m.kind], Cookie: octets.Text(m.cookie), Channels: m.channels, Serials: m.serials}
	if m.negotiates {
		switch m.kind {
		case initialRequest:
			r.Flags = bits(uint32(m.flags), requestFlags)
		case initialResponse:
			r.Server, r.Protocol = bits(uint32(m.flags), responseFlags), protocolNames[m.protocol]
		}
	}
	if m.failed {
		r.ErrorCode, r.Reason = new(m.code), failures[m.code]
	}
	if m.core != nil {
		r.Client = m.core.record()
	}
	return []app.Field{{Name: "rdp", Value: r}}
}

// bits names those that are set; an entry without a name is not told.
func bits(n uint32, names []string) (list []string) {
	for i, s := range names {
		if n&(1<<i) != 0 && s != "" {
			list = append(list, s)
		}
	}
	return list
}

// Names of MS-RDPBCGR sections 2.2.1.1.1, 2.2.1.2.1, 2.2.1.2.2 and 2.2.1.3.2.
var (
	requestFlags  = []string{"restricted_admin_mode_required", "redirected_authentication_mode_required", "", "correlation_info_present"}
	responseFlags = []string{"extended_client_data", "dynvc_gfx", "reserved", "restricted_admin", "redirected_auth"}
	protocolNames = map[uint32]string{0: "rdp", 1: "ssl", 2: "hybrid", 4: "rds_tls", 8: "hybrid_ex"}
	failures      = map[uint32]string{1: "ssl required by server", 2: "ssl not allowed by server", 3: "ssl cert not on server",
		4: "inconsistent flags", 5: "hybrid required by server", 6: "ssl with user auth required by server"}
	capabilityNames = []string{"support_errinfo_pdf", "want_32bpp_session", "support_statusinfo_pdu", "strong_asymmetric_keys", "",
		"valid_connection_type", "support_monitor_layout_pdu", "support_netchar_autodetect", "support_dynvc_gfx_protocol",
		"support_dynamic_time_zone", "support_heartbeat_pdu"}
	keyboardNames   = [...]string{1: "xt", 2: "ico", 3: "at", 4: "enhanced", 5: "1050", 6: "9140", 7: "jp"}
	connectionNames = [...]string{1: "modem", 2: "low_broadband", 3: "satellite", 4: "high_broadband", 5: "wan", 6: "lan", 7: "autodetect"}
	layouts         = map[uint32]string{0x401: "ar-SA", 0x404: "zh-TW", 0x405: "cs-CZ", 0x406: "da-DK", 0x407: "de-DE", 0x408: "el-GR", 0x409: "en-US",
		0x40a: "es-ES_tradnl", 0x40b: "fi-FI", 0x40c: "fr-FR", 0x40d: "he-IL", 0x40e: "hu-HU", 0x410: "it-IT", 0x411: "ja-JP", 0x412: "ko-KR",
		0x413: "nl-NL", 0x414: "nb-NO", 0x415: "pl-PL", 0x416: "pt-BR", 0x419: "ru-RU", 0x41d: "sv-SE", 0x41e: "th-TH", 0x41f: "tr-TR",
		0x422: "uk-UA", 0x42a: "vi-VN", 0x804: "zh-CN", 0x807: "de-CH", 0x809: "en-GB", 0x80a: "es-MX", 0x80c: "fr-BE", 0x813: "nl-BE",
		0x816: "pt-PT", 0xc04: "zh-HK", 0xc09: "en-AU", 0xc0a: "es-ES", 0xc0c: "fr-CA", 0x1009: "en-CA"}
	builds = map[uint32]string{419: "Windows NT 4.0", 2195: "Windows 2000", 2600: "Windows XP", 3790: "Windows Server 2003", 6000: "Windows Vista",
		6001: "Windows Vista SP1", 6002: "Windows Vista SP2", 7600: "Windows 7", 7601: "Windows 7 SP1", 9200: "Windows 8", 9600: "Windows 8.1",
		10240: "Windows 10", 10586: "Windows 10", 14393: "Windows 10", 15063: "Windows 10", 16299: "Windows 10", 17134: "Windows 10",
		17763: "Windows 10", 18362: "Windows 10", 19041: "Windows 10"}
)

// versionName writes the client's version: 4 for the first, 5 up to 8.1, 10 above.
func versionName(v uint32) string {
	switch minor := v & 0xffff; {
	case v == 0x00080001:
		return "v4"
	case v == 0x00080004:
		return "v5"
	case v>>16 == 8 && minor >= 5 && minor <= 17:
		return fmt.Sprintf("v10.%d", minor-5)
	}
	return ""
}

func (k *core) record() *Client {
	c := &Client{Version: versionName(k.version), Width: k.width, Height: k.height, ColorDepth: k.colours(), Layout: layouts[k.layout&0xffff],
		Build: builds[k.build], Name: k.name, Subtype: k.subtype, FunctionKeys: k.functions, IME: k.ime, Serial: k.serial, ID: k.id}
	if int(k.keyboard) < len(keyboardNames) {
		c.Keyboard = keyboardNames[k.keyboard]
	}
	if k.hasProduct {
		c.ProductID = &k.product
	}
	if k.hasEarly {
		c.Capabilities = bits(uint32(k.capabilities), capabilityNames)
	}
	if k.hints && int(k.connection) < len(connectionNames) {
		c.Connection = connectionNames[k.connection]
	}
	return c
}

// colours is the depth in bits: old clients write it as a code.
func (k *core) colours() uint16 {
	switch k.depth {
	case 0xca00:
		return 4
	case 0xca01:
		return 8
	}
	return k.depth
}
