package eve

import (
	"time"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/eve/object"
)

// Event types that the box writes; the protocols have their own.
const (
	TypeAlert    = "alert"
	TypeFlow     = "flow"
	TypeNetflow  = "netflow"
	TypeMetadata = "metadata"
	TypeHTTP     = "http"
	TypeDNS      = "dns"
	TypeTLS      = "tls"
	TypeQUIC     = "quic"
	TypeFileinfo = "fileinfo"
	TypeStats    = "stats"
	TypeAnomaly  = "anomaly"
	TypeDrop     = "drop"
	TypePacket   = "packet"
	TypeFrame    = "frame"
)

// timeLayout is EVE's own: ISO 8601 with microseconds and a zone without colon.
const timeLayout = "2006-01-02T15:04:05.000000-0700"

// Time is a time in microseconds since 1970, written in EVE's form in UTC.
type Time int64

// MarshalJSON writes t.
func (t Time) MarshalJSON() ([]byte, error) {
	return append(object.AppendTime([]byte{'"'}, int64(t)), '"'), nil
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
	Timestamp    Time     `json:"timestamp"`
	FlowID       uint64   `json:"flow_id,omitempty"`
	ParentID     uint64   `json:"parent_id,omitempty"`
	InIface      string   `json:"in_iface,omitempty"`
	PcapCnt      uint64   `json:"pcap_cnt,omitempty"`
	EventType    string   `json:"event_type"`
	VLAN         []uint16 `json:"vlan,omitempty"`
	SrcIP        Addr     `json:"src_ip,omitzero"`
	SrcPort      uint16   `json:"src_port,omitempty"`
	DestIP       Addr     `json:"dest_ip,omitzero"`
	DestPort     uint16   `json:"dest_port,omitempty"`
	Proto        string   `json:"proto,omitempty"`
	IPVersion    uint8    `json:"ip_v,omitempty"`
	ICMPType     *uint8   `json:"icmp_type,omitempty"`
	ICMPCode     *uint8   `json:"icmp_code,omitempty"`
	ResponseType *uint8   `json:"response_icmp_type,omitempty"`
	ResponseCode *uint8   `json:"response_icmp_code,omitempty"`
	SPI          uint32   `json:"spi,omitempty"`
	// Source of the packet: "wire/pcap", "ipv4 tunnel", "stream (flow timeout)" and so on.
	Source      string    `json:"pkt_src,omitempty"`
	Ether       *Ether    `json:"ether,omitempty"`
	Metadata    *Metadata `json:"metadata,omitempty"`
	Traffic     *Traffic  `json:"traffic,omitempty"`
	CommunityID string    `json:"community_id,omitempty"`
	TxID        *uint64   `json:"tx_id,omitempty"`
	TxGuessed   bool      `json:"tx_guessed,omitempty"`
	Alert       *Alert    `json:"alert,omitempty"`
	Frame       *Frame    `json:"frame,omitempty"`
	Tunnel      *Tunnel   `json:"tunnel,omitempty"`
	AppProto    string    `json:"app_proto,omitempty"`
	AppProtoTS  string    `json:"app_proto_ts,omitempty"`
	AppProtoTC  string    `json:"app_proto_tc,omitempty"`
	Original    string    `json:"app_proto_orig,omitempty"`
	Expected    string    `json:"app_proto_expected,omitempty"`
	// Direction of the packet: "to_server" or "to_client".
	Direction string    `json:"direction,omitempty"`
	HTTP      *HTTP     `json:"http,omitempty"`
	Anomaly   *Anomaly  `json:"anomaly,omitempty"`
	Drop      *Drop     `json:"drop,omitempty"`
	Fileinfo  *Fileinfo `json:"fileinfo,omitempty"`
	Flow      *Flow     `json:"flow,omitempty"`
	Netflow   *Netflow  `json:"netflow,omitempty"`
	TCP       *TCP      `json:"tcp,omitempty"`
	Stats     Stats     `json:"stats,omitempty"`
	// Payload and Packet are written in base64.
	Payload       []byte      `json:"payload,omitempty"`
	PayloadText   string      `json:"payload_printable,omitempty"`
	PayloadLength *int        `json:"payload_length,omitempty"`
	Stream        *uint8      `json:"stream,omitempty"`
	Packet        []byte      `json:"packet,omitempty"`
	PacketInfo    *PacketInfo `json:"packet_info,omitempty"`
	Verdict       *Verdict    `json:"verdict,omitempty"`
	PcapFilename  string      `json:"pcap_filename,omitempty"`
	Version       string      `json:"suricata_version,omitempty"`
	Otasuke       *Own        `json:"otasuke,omitempty"`
	// Extra are the members of the record's application protocol. Written are those of them
	// that were written as JSON when the record was made, a comma behind each.
	Extra   []app.Field `json:"-"`
	Written []byte      `json:"-"`

	inner room
}

// room is where what most records point to lies, so that a record is one piece of memory.
type room struct {
	tx   uint64
	flow Flow
	end  FlowEnd
	tcp  TCP
	own  Own
}

// keepWritten is how large the buffer of a record that waits for its next use may be:
// nearly all fit.
const keepWritten = 2 << 10

// Reset makes r blank and keeps its memory.
func (r *Record) Reset() {
	if cap(r.Written) > keepWritten {
		r.Written = nil
	}
	*r = Record{Written: r.Written[:0]}
}

// SetTx says which transaction r is about.
func (r *Record) SetTx(id uint64) {
	r.inner.tx = id
	r.TxID = &r.inner.tx
}

// SetFlow says what r tells of its conversation.
func (r *Record) SetFlow(f Flow) *Flow {
	r.inner.flow = f
	r.Flow = &r.inner.flow
	return r.Flow
}

// SetEnd says how the conversation of SetFlow ended.
func (r *Record) SetEnd(e FlowEnd) {
	r.inner.end = e
	r.inner.flow.FlowEnd = &r.inner.end
}

// SetTCP says what was seen of the connection.
func (r *Record) SetTCP(t TCP) *TCP {
	r.inner.tcp = t
	r.TCP = &r.inner.tcp
	return r.TCP
}

// SetOwn says what only our box knows.
func (r *Record) SetOwn(o Own) {
	r.inner.own = o
	r.Otasuke = &r.inner.own
}

// Ether are the addresses of a packet, or all those of a flow.
type Ether struct {
	Type     uint16   `json:"ether_type,omitempty"`
	SrcMAC   string   `json:"src_mac,omitempty"`
	DestMAC  string   `json:"dest_mac,omitempty"`
	SrcMACs  []string `json:"src_macs,omitempty"`
	DestMACs []string `json:"dest_macs,omitempty"`
}

// Metadata are what rules remember of the flow.
type Metadata struct {
	Flowbits []string            `json:"flowbits,omitempty"`
	Flowints map[string]int64    `json:"flowints,omitempty"`
	Flowvars []map[string]string `json:"flowvars,omitempty"`
	Pktvars  []map[string]string `json:"pktvars,omitempty"`
	Entropy  map[string]float64  `json:"entropy,omitempty"`
}

// Traffic is what rules call the flow: its flowbits that begin with "traffic/".
type Traffic struct {
	ID    []string `json:"id,omitempty"`
	Label []string `json:"label,omitempty"`
}

// Tunnel is the packet around the one that the record is about.
type Tunnel struct {
	SrcIP    string `json:"src_ip,omitempty"`
	SrcPort  uint16 `json:"src_port,omitempty"`
	DestIP   string `json:"dest_ip,omitempty"`
	DestPort uint16 `json:"dest_port,omitempty"`
	Proto    string `json:"proto,omitempty"`
	Depth    uint8  `json:"depth"`
	PcapCnt  uint64 `json:"pcap_cnt,omitempty"`
	Source   string `json:"pkt_src,omitempty"`
}

// PacketInfo says how the packet in a record begins.
type PacketInfo struct {
	LinkType uint32 `json:"linktype"`
	Name     string `json:"linktype_name,omitempty"`
}

// Verdict is what becomes of the packet.
type Verdict struct {
	Action       string   `json:"action"` // "drop", "pass", "accept" or "alert"
	RejectTarget string   `json:"reject-target,omitempty"`
	Reject       []string `json:"reject,omitempty"`
}

// Anomaly is something that no correct sender does.
type Anomaly struct {
	AppProto string `json:"app_proto,omitempty"`
	Type     string `json:"type"` // "decode", "stream" or "applayer"
	Event    string `json:"event"`
	Layer    string `json:"layer,omitempty"`
}

// Drop is a packet that did not pass: its header, and why.
type Drop struct {
	Len       int     `json:"len"`
	TOS       *uint8  `json:"tos,omitempty"`
	TTL       *uint8  `json:"ttl,omitempty"`
	ID        *uint16 `json:"ipid,omitempty"`
	Class     *uint8  `json:"tc,omitempty"`
	HopLimit  *uint8  `json:"hoplimit,omitempty"`
	FlowLabel *uint32 `json:"flowlbl,omitempty"`
	*DropTCP
	UDPLen  *int    `json:"udplen,omitempty"`
	ICMPID  *uint16 `json:"icmp_id,omitempty"`
	ICMPSeq *uint16 `json:"icmp_seq,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// DropTCP are the TCP members of Drop.
type DropTCP struct {
	Seq      uint32 `json:"tcpseq"`
	Ack      uint32 `json:"tcpack"`
	Window   uint16 `json:"tcpwin"`
	SYN      bool   `json:"syn"`
	ACK      bool   `json:"ack"`
	PSH      bool   `json:"psh"`
	RST      bool   `json:"rst"`
	URG      bool   `json:"urg"`
	FIN      bool   `json:"fin"`
	Reserved uint8  `json:"tcpres"`
	Urgent   uint16 `json:"tcpurgp"`
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
	Source      *End                `json:"source,omitempty"`
	Target      *End                `json:"target,omitempty"`
	XFF         string              `json:"xff,omitempty"`
	Metadata    map[string][]string `json:"metadata,omitempty"`
	Context     map[string]any      `json:"context,omitempty"`
	References  []string            `json:"references,omitempty"`
	Rule        string              `json:"rule,omitempty"`
}

// Frame is the piece of a message that a rule has matched.
type Frame struct {
	Type      string  `json:"type"`
	Direction string  `json:"direction"`
	Length    int     `json:"length"`
	Complete  bool    `json:"complete"`
	Printable string  `json:"payload_printable,omitempty"`
	TxID      *uint64 `json:"tx_id,omitempty"`
}

// End of a conversation that attacks or is attacked.
type End struct {
	IP   string `json:"ip"`
	Port uint16 `json:"port"`
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
	Filename string   `json:"filename"`
	SIDs     []uint32 `json:"sid,omitempty"`
	Magic    string   `json:"magic,omitempty"`
	Gaps     bool     `json:"gaps"`
	State    string   `json:"state"` // "CLOSED", "TRUNCATED", "ERROR" or "UNKNOWN"
	MD5      string   `json:"md5,omitempty"`
	SHA1     string   `json:"sha1,omitempty"`
	SHA256   string   `json:"sha256,omitempty"`
	Stored   bool     `json:"stored"`
	FileID   uint32   `json:"file_id,omitempty"`
	Size     int64    `json:"size"`
	Start    *int64   `json:"start,omitempty"`
	End      *int64   `json:"end,omitempty"`
	TxID     uint64   `json:"tx_id"`
}

// Flow is a conversation: as it stands when an alert is raised, or that ended.
type Flow struct {
	PktsToServer  uint64 `json:"pkts_toserver"`
	PktsToClient  uint64 `json:"pkts_toclient"`
	BytesToServer uint64 `json:"bytes_toserver"`
	BytesToClient uint64 `json:"bytes_toclient"`
	Start         Time   `json:"start"`
	// SrcIP and the next three are of the end that opened it, in alerts.
	SrcIP    Addr   `json:"src_ip,omitzero"`
	DestIP   Addr   `json:"dest_ip,omitzero"`
	SrcPort  uint16 `json:"src_port,omitempty"`
	DestPort uint16 `json:"dest_port,omitempty"`
	*FlowEnd
}

// FlowEnd are the members of a flow that ended.
type FlowEnd struct {
	End      Time            `json:"end"`
	Age      int64           `json:"age"` // seconds
	State    string          `json:"state"`
	Bypass   string          `json:"bypass,omitempty"`
	Reason   string          `json:"reason"`
	Alerted  bool            `json:"alerted"`
	Action   string          `json:"action,omitempty"`
	Policies []AppliedPolicy `json:"exception_policy,omitempty"`
	TxCount  uint64          `json:"tx_cnt,omitempty"`
}

// AppliedPolicy is an exception that decided about a flow.
type AppliedPolicy struct {
	Target string `json:"target"`
	Policy string `json:"policy"`
}

// Netflow is one direction of a conversation that ended.
type Netflow struct {
	Pkts    uint64 `json:"pkts"`
	Bytes   uint64 `json:"bytes"`
	Start   Time   `json:"start"`
	End     Time   `json:"end"`
	Age     int64  `json:"age"`
	MinTTL  uint8  `json:"min_ttl"`
	MaxTTL  uint8  `json:"max_ttl"`
	TxCount uint64 `json:"tx_cnt,omitempty"`
}

// TCP is what was seen of a connection.
type TCP struct {
	Flags   string `json:"tcp_flags"` // hexadecimal
	FlagsTS string `json:"tcp_flags_ts,omitempty"`
	FlagsTC string `json:"tcp_flags_tc,omitempty"`
	SYN     bool   `json:"syn,omitempty"`
	FIN     bool   `json:"fin,omitempty"`
	RST     bool   `json:"rst,omitempty"`
	PSH     bool   `json:"psh,omitempty"`
	ACK     bool   `json:"ack,omitempty"`
	URG     bool   `json:"urg,omitempty"`
	ECN     bool   `json:"ecn,omitempty"`
	CWR     bool   `json:"cwr,omitempty"`
	State   string `json:"state,omitempty"`
	TSGap   bool   `json:"ts_gap,omitempty"`
	TCGap   bool   `json:"tc_gap,omitempty"`
	TSMax   int    `json:"ts_max_regions,omitempty"`
	TCMax   int    `json:"tc_max_regions,omitempty"`
}

// Stats are counts since the engine started, by the names of the field's sensors.
type Stats map[string]any

// KindApplication is the kind of an alert about an application that a company does not
// want. Such alerts stay in the box's own log: the centre gets sums.
const KindApplication = "application"

// Own is what only our box knows.
type Own struct {
	ID        string `json:"id,omitempty"`
	Kind      string `json:"kind,omitempty"`      // wire.Kind
	Direction string `json:"direction,omitempty"` // wire.Direction
	MAC       string `json:"mac,omitempty"`
	Device    string `json:"device,omitempty"` // address of the inside end
	Class     string `json:"class,omitempty"`
	Layer     string `json:"layer,omitempty"`
	Site      string `json:"site,omitempty"`
	Category  string `json:"category,omitempty"`
	List      string `json:"list,omitempty"`
	Reason    string `json:"reason,omitempty"` // of a request
	// Application and Category are of the conversation (content/apps); with Site the
	// category is that of the list.
	Application string `json:"application,omitempty"`
	// Scan is the scanner's word on a file: "clean", "infected", "not scanned: why".
	Scan  string `json:"scan,omitempty"`
	Virus string `json:"virus,omitempty"`
	// Counts of ours that the field has no name for, in statistics.
	Counts map[string]uint64 `json:"counts,omitempty"`
}
