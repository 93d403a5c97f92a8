package eve

import (
	"encoding/json"
	"time"

	"otasuke/gateway/internal/app"
)

// Event types that the box writes.
const (
	TypeAlert    = "alert"
	TypeFlow     = "flow"
	TypeHTTP     = "http"
	TypeDNS      = "dns"
	TypeTLS      = "tls"
	TypeQUIC     = "quic"
	TypeFileinfo = "fileinfo"
	TypeStats    = "stats"
	TypeAnomaly  = "anomaly"
	TypeDrop     = "drop"
)

// timeLayout is EVE's own: ISO 8601 with microseconds and a zone without colon.
const timeLayout = "2006-01-02T15:04:05.000000-0700"

// Time is a time in microseconds since 1970, written in EVE's form in UTC.
type Time int64

// MarshalJSON writes t.
func (t Time) MarshalJSON() ([]byte, error) {
	return time.UnixMicro(int64(t)).UTC().AppendFormat([]byte{'"'}, timeLayout+`"`), nil
}

// UnmarshalJSON reads what MarshalJSON and Suricata write.
func (t *Time) UnmarshalJSON(b []byte) error {
	v, err := time.Parse(`"`+timeLayout+`"`, string(b))
	if err != nil {
		if v, err = time.Parse(`"`+time.RFC3339Nano+`"`, string(b)); err != nil {
			return err
		}
	}
	*t = Time(v.UnixMicro())
	return nil
}

// Record is one line.
type Record struct {
	Timestamp Time   `json:"timestamp"`
	FlowID    uint64 `json:"flow_id,omitempty"`
	PcapCnt   uint64 `json:"pcap_cnt,omitempty"`
	EventType string `json:"event_type"`
	SrcIP     string `json:"src_ip,omitempty"`
	SrcPort   uint16 `json:"src_port,omitempty"`
	DestIP    string `json:"dest_ip,omitempty"`
	DestPort  uint16 `json:"dest_port,omitempty"`
	Proto     string `json:"proto,omitempty"`
	ICMPType  *uint8 `json:"icmp_type,omitempty"`
	ICMPCode  *uint8 `json:"icmp_code,omitempty"`
	AppProto  string `json:"app_proto,omitempty"`
	// Direction of the packet: "to_server" or "to_client".
	Direction string    `json:"direction,omitempty"`
	TxID      *uint64   `json:"tx_id,omitempty"`
	Alert     *Alert    `json:"alert,omitempty"`
	HTTP      *HTTP     `json:"http,omitempty"`
	Anomaly   *Anomaly  `json:"anomaly,omitempty"`
	Fileinfo  *Fileinfo `json:"fileinfo,omitempty"`
	Flow      *Flow     `json:"flow,omitempty"`
	Stats     *Stats    `json:"stats,omitempty"`
	Otasuke   *Own      `json:"otasuke,omitempty"`
	// Extra are the members of the record's application protocol.
	Extra []app.Field `json:"-"`
}

// Anomaly is something that no correct sender does.
type Anomaly struct {
	AppProto string `json:"app_proto,omitempty"`
	Type     string `json:"type"` // "decode", "stream" or "applayer"
	Event    string `json:"event"`
	Layer    string `json:"layer,omitempty"`
}

// Alert of a rule.
type Alert struct {
	Action      string              `json:"action"` // "allowed" or "blocked"
	GID         uint32              `json:"gid"`
	SignatureID uint32              `json:"signature_id"`
	Rev         uint32              `json:"rev"`
	Signature   string              `json:"signature"`
	Category    string              `json:"category"`
	Severity    int                 `json:"severity"`
	Metadata    map[string][]string `json:"metadata,omitempty"`
}

// HTTP is a transaction.
type HTTP struct {
	Hostname    string `json:"hostname,omitempty"`
	URL         string `json:"url,omitempty"`
	UserAgent   string `json:"http_user_agent,omitempty"`
	ContentType string `json:"http_content_type,omitempty"`
	Referer     string `json:"http_refer,omitempty"`
	Method      string `json:"http_method,omitempty"`
	Protocol    string `json:"protocol,omitempty"`
	Status      int    `json:"status,omitempty"`
	Redirect    string `json:"redirect,omitempty"`
	Length      int64  `json:"length"`
}

// Fileinfo is a file that passed or was stopped.
type Fileinfo struct {
	Filename string `json:"filename"`
	Start    *int64 `json:"start,omitempty"`
	End      *int64 `json:"end,omitempty"`
	Magic    string `json:"magic,omitempty"`
	Gaps     bool   `json:"gaps"`
	State    string `json:"state"` // "CLOSED" or "TRUNCATED"
	MD5      string `json:"md5,omitempty"`
	SHA1     string `json:"sha1,omitempty"`
	SHA256   string `json:"sha256,omitempty"`
	Stored   bool   `json:"stored"`
	FileID   uint32 `json:"file_id,omitempty"`
	Size     int64  `json:"size"`
	TxID     uint64 `json:"tx_id"`
	// Scan is our addition: "clean", "infected", "not scanned: why".
	Scan  string `json:"scan,omitempty"`
	Virus string `json:"virus,omitempty"`
}

// Flow is a conversation that ended.
type Flow struct {
	// SrcIP and SrcPort opened it; written by sensors in their alerts, not by us.
	SrcIP         string `json:"src_ip,omitempty"`
	SrcPort       uint16 `json:"src_port,omitempty"`
	PktsToServer  uint64 `json:"pkts_toserver"`
	PktsToClient  uint64 `json:"pkts_toclient"`
	BytesToServer uint64 `json:"bytes_toserver"`
	BytesToClient uint64 `json:"bytes_toclient"`
	Start         Time   `json:"start"`
	End           Time   `json:"end"`
	Age           int64  `json:"age"` // seconds
	State         string `json:"state"`
	Reason        string `json:"reason"`
	Alerted       bool   `json:"alerted"`
}

// Stats are counts since the engine started.
type Stats struct {
	Packets     uint64 `json:"packets"`
	Bytes       uint64 `json:"bytes"`
	Blocked     uint64 `json:"blocked"`
	Uninspected uint64 `json:"uninspected"` // passed without a look
	Lost        uint64 `json:"lost"`        // records that could not be written
}

// Own is what only our box knows.
type Own struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`      // wire.Kind
	Direction string `json:"direction"` // wire.Direction
	MAC       string `json:"mac,omitempty"`
	Device    string `json:"device,omitempty"` // address of the inside end
	Class     string `json:"class,omitempty"`
	Layer     string `json:"layer,omitempty"`
	Site      string `json:"site,omitempty"`
	Category  string `json:"category,omitempty"`
	List      string `json:"list,omitempty"`
}

// Append appends r as one line.
func Append(b []byte, r *Record) ([]byte, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return b, err
	}
	b = append(b, line...)
	for _, f := range r.Extra {
		value, err := json.Marshal(f.Value)
		if err != nil {
			return b[:len(b)-len(line)], err
		}
		b = append(b[:len(b)-1], ',', '"')
		b = append(append(b, f.Name...), '"', ':')
		b = append(append(b, value...), '}')
	}
	return append(b, '\n'), nil
}
