package rule

import (
	"fmt"
	"strings"
	"unique"
)

// Action is what a rule wants to happen to the traffic it matches.
type Action uint8

// Actions, in the order in which the engine applies them.
const (
	Pass       Action = iota // let through and look no further
	Drop                     // discard silently
	Reject                   // discard and tell the sender (TCP reset or ICMP)
	RejectDst                // discard and tell the receiver
	RejectBoth               // discard and tell both
	Alert                    // report only
	Config                   // change what is recorded of the traffic
)

// Blocks says whether the action stops the traffic.
func (a Action) Blocks() bool { return a >= Drop && a <= RejectBoth }

func (a Action) String() string {
	names := [...]string{"pass", "drop", "reject", "rejectdst", "rejectboth", "alert", "config"}
	if int(a) < len(names) {
		return names[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// Rule is one checked rule.
type Rule struct {
	// File and Line say where the rule begins.
	File string
	Line int

	Action Action
	Proto  Proto
	// Transport is what the header says, ProtoTCP or ProtoUDP, of a rule whose buffers belong to
	// an application.
	Transport Proto
	Network   Proto // ProtoIPv4 or ProtoIPv6 when only that version counts
	Src, Dst  *AddrSet
	SrcPorts  *PortSet
	DstPorts  *PortSet
	// Both is set for the direction sign <>: the header fits either way round.
	Both bool

	SID, Rev, GID uint32
	Msg           string
	Class         string // classtype keyword, "" if none
	ClassText     string // description of the class
	Priority      int    // 1 is the most urgent
	References    []Reference
	Metadata      []unique.Handle[KeyValue] // many rules have the same entries
	// Family is metadata otasuke_family: the threat family of our own rules.
	Family string
	// Mitre are the values of metadata mitre_technique_id.
	Mitre []string
	// Target says which end is attacked: "src_ip", "dest_ip" or "".
	Target  string
	NoAlert bool
	// Bypass ends the inspection of the flow once the rule has matched.
	Bypass bool

	// ToServer and ToClient say in which directions the rule can match; both
	// are set when neither header, flow keyword nor buffers decide it.
	ToServer, ToClient bool
	Flow               Flow
	Flowbits           []Flowbit
	Flowints           []Flowint
	VarTests           []VarTest
	Xbits              []Xbit
	Threshold          *Threshold
	DetectionFilter    *Threshold
	StreamSizes        []StreamSize
	AppProtos          []AppProto
	Packet             []FieldTest
	PacketAny          [][]FieldTest // of each list one must hold
	TCPFlags           []BitTest     // on the TCP flags byte
	FragBits           []BitTest     // on the IPv4 flags (M 1, D 2, R 4)
	SameIP             bool
	Reputations        []Reputation
	Countries          []Country
	Suppress           []Suppress
	RateFilter         *RateFilter
	Tags               []Tag
	// Config is what a rule with the action config changes, nil for others.
	Config map[string]string
	// BothSides is set for the direction sign =>: the buffers of both directions of a
	// transaction count together.
	BothSides bool

	// PayloadPacket and PayloadStream say on what the sections with
	// [BufPayload] are judged: single packets, the reassembled stream or both.
	// For anything but TCP it is always the packet.
	PayloadPacket, PayloadStream bool

	// Sections hold the content matches by buffer, in order of appearance.
	Sections []Section
	// Vars is how many values byte_extract and byte_math set.
	Vars int
}

// Section is a list of matches on one buffer, to be satisfied one after the
// other because each may start where the former ended.
type Section struct {
	Buffer     Buffer
	Transforms []Transform
	Matches    []Match
	// Absent asks what happens where the buffer does not exist.
	Absent Absence
	// Which of several values must fulfil the matches.
	Which Which
}

// Absence says what a missing buffer means.
type Absence uint8

// Meanings of a missing buffer.
const (
	AbsentFails Absence = iota // as without the absent keyword
	AbsentOnly                 // the buffer must not exist
	AbsentOr                   // it must not exist, or fulfil the matches
)

// Which says which of several values of a buffer must fulfil the matches.
type Which struct {
	Kind  WhichKind
	Index int // with WhichIndex: from 0, from the end when negative
	// Count compares how many values fulfil them, with WhichCount.
	Count Compare
}

// WhichKind is a kind of choice.
type WhichKind uint8

// Choices among several values.
const (
	WhichAny       WhichKind = iota
	WhichAll                 // all, and there is one
	WhichAllOrNone           // all, or there is none
	WhichIndex
	WhichCount
)

// KeyValue is one entry of the metadata keyword.
type KeyValue struct{ Key, Value string }

// Meta returns the first metadata value of that key.
func (r *Rule) Meta(key string) (string, bool) {
	for _, m := range r.Metadata {
		if kv := m.Value(); kv.Key == key {
			return kv.Value, true
		}
	}
	return "", false
}

// ForFlow tells whether the rule, when it matches, acts on the flow and not only on the
// packet at hand: what it has seen is more than the packet. inTx tells that it matched in a
// transaction, inStream in bytes of the stream.
func (r *Rule) ForFlow(inTx, inStream bool) bool {
	switch {
	case inTx, inStream && r.PayloadStream && len(r.Sections) > 0 && len(r.Packet)+len(r.PacketAny) == 0:
		return true
	case len(r.Sections) > 0 || len(r.Packet) > 0 || len(r.PacketAny) > 0 || len(r.TCPFlags) > 0 || len(r.FragBits) > 0 || r.SameIP:
		return false
	case len(r.AppProtos) > 0:
		return true
	}
	// What is left looks at addresses, ports or the protocol.
	return r.Flow == Flow{} && r.SrcPorts.Any && r.DstPorts.Any && len(r.Flowbits) == 0
}

func (r *Rule) String() string {
	return fmt.Sprintf("[%d:%d:%d] %s", r.GID, r.SID, r.Rev, r.Msg)
}

// Refusal says why a rule, or a line of a file, was not taken.
type Refusal struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line"`
	SID     uint32 `json:"sid,omitempty"`     // 0 when unknown
	Keyword string `json:"keyword,omitempty"` // "" when the header is at fault
	Reason  string `json:"reason"`            // what is wrong and what to do
}

func (f Refusal) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", f.File, f.Line)
	if f.SID != 0 {
		fmt.Fprintf(&b, "sid %d: ", f.SID)
	}
	if f.Keyword != "" {
		fmt.Fprintf(&b, "%s: ", f.Keyword)
	}
	b.WriteString(f.Reason)
	return b.String()
}
