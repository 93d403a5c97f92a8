package rule

// Flow is the flow keyword.
type Flow struct {
	Established, NotEstablished bool
	Stateless                   bool
	NoStream, OnlyStream        bool
	NoFrag, OnlyFrag            bool
}

// BitOp is what flowbits and xbits do.
type BitOp uint8

// Operations on bits. The Is ones are conditions, the others actions.
const (
	BitIsSet BitOp = iota
	BitIsNotSet
	BitSet
	BitUnset
	BitToggle
)

// Condition says whether the operation asks rather than does.
func (o BitOp) Condition() bool { return o <= BitIsNotSet }

// Flowbit asks for or changes a named bit of the flow.
type Flowbit struct {
	Op BitOp
	// Names: with BitIsSet one of them must be set, with BitIsNotSet one unset.
	Names []string
}

// Flowint asks for or changes a named number of the flow.
type Flowint struct {
	Name  string
	Op    string // = + - == != < <= > >= isset notset
	Value int64
	Other string // name of the number used instead of Value, "" for none
}

// Condition says whether it asks rather than changes.
func (f Flowint) Condition() bool { return f.Op != "=" && f.Op != "+" && f.Op != "-" }

// VarTest asks whether text kept by another rule contains something.
type VarTest struct {
	Scope   VarScope // VarFlow or VarPacket
	Name    string
	Text    []byte
	Negated bool
}

// Track says over what threshold and xbits count.
type Track uint8

// What is counted.
const (
	TrackSrc Track = iota
	TrackDst
	TrackPair
	TrackRule
	TrackFlow
	TrackTx
)

// Xbit asks for or changes a named bit of an address or a pair of them.
type Xbit struct {
	Op     BitOp
	Name   string
	Track  Track
	Expire int64 // seconds
}

// ThresholdType says which of many matches are told.
type ThresholdType uint8

// Kinds of threshold.
const (
	ThresholdLimit   ThresholdType = iota // the first Count in a period
	ThresholdEvery                        // each Count-th in a period
	ThresholdBoth                         // once a period, at the Count-th
	ThresholdFilter                       // all after Count (detection_filter)
	ThresholdBackoff                      // at Count, then Count times Multiplier, and so on
)

// Threshold is the threshold or detection_filter keyword.
type Threshold struct {
	Type    ThresholdType
	Track   Track
	Count   int64
	Seconds int64
	// Multiplier of ThresholdBackoff.
	Multiplier int64
}

// Suppress says for whom a rule is silent.
type Suppress struct {
	Track Track // TrackRule for everyone, TrackSrc, TrackDst, TrackPair for either end
	Addrs *AddrSet
}

// RateFilter changes a rule's action for a while when it matches too often.
type RateFilter struct {
	Threshold
	Action  Action
	Timeout int64 // seconds
}

// Reputation compares the reputation of an address (iprep).
type Reputation struct {
	End      End
	Category string
	Compare
	// Present asks only whether there is one: 1 yes, -1 no, 0 to compare.
	Present int
}

// Country asks where addresses are (geoip).
type Country struct {
	End     End
	Negated bool
	Codes   []string // ISO 3166, upper case
}

// End says which end of a packet is meant.
type End uint8

// Ends.
const (
	EitherEnd End = iota
	SourceEnd
	DestinationEnd
	BothEnds
)

// Tag asks to record what follows a match.
type Tag struct {
	Host     bool // else the session
	Count    int64
	Unit     string // "packets", "bytes" or "seconds"
	ByTarget bool   // with Host: the destination
}

// StreamSize compares how many bytes the sides have sent.
type StreamSize struct {
	Side string // "server", "client", "both", "either"
	Compare
}

// AppProto asks which application protocol was recognised.
type AppProto struct {
	Proto   Proto
	Negated bool
	Mode    Recognised
}

// Recognised says whose recognition counts.
type Recognised uint8

// Recognitions.
const (
	RecognisedFlow     Recognised = iota
	RecognisedFinal               // after a change (STARTTLS)
	RecognisedOriginal            // before it
	RecognisedEither
	RecognisedToServer
	RecognisedToClient
)

// Field is a number in the packet's headers.
type Field uint8

// Packet fields.
const (
	FieldTTL Field = iota
	FieldIPID
	FieldTOS
	FieldIPProto
	FieldICMPType
	FieldICMPCode
	FieldICMPID
	FieldICMPSeq
	FieldTCPSeq
	FieldTCPAck
	FieldTCPWindow
	FieldTCPMSS
	FieldDsize
	FieldFragOffset
	FieldTCPScale
	FieldICMPv6MTU
	FieldVLANLayers
	FieldFlowAge // seconds
	FieldFlowPackets
	FieldFlowPacketsToServer
	FieldFlowPacketsToClient
	FieldFlowBytes
	FieldFlowBytesToServer
	FieldFlowBytesToClient
	// Checksums: 1 right, 0 wrong; none where the packet has no such checksum.
	FieldIPv4Checksum
	FieldTCPv4Checksum
	FieldTCPv6Checksum
	FieldUDPv4Checksum
	FieldUDPv6Checksum
	FieldICMPv4Checksum
	FieldICMPv6Checksum
	FieldIPOptions // bits of IPOption
	FieldVLAN0     // numbers of the tags, outermost first
	FieldVLAN1
	FieldVLAN2
	FieldVXLAN
)

// IP options as bits of FieldIPOptions (RFC 791 section 3.1).
const (
	IPOptionRR = 1 << iota
	IPOptionEOL
	IPOptionNOP
	IPOptionTS
	IPOptionSEC
	IPOptionLSRR
	IPOptionESEC
	IPOptionCIPSO
	IPOptionSATID
	IPOptionSSRR
	IPOptionRTRALT
	IPOptionQS
)

// FieldTest compares a packet field.
type FieldTest struct {
	Field Field
	Compare
}

// BitTest compares flag bits, as the flags and fragbits keywords do.
type BitTest struct {
	Mode   byte // 0 exactly these, '+' these and any, '*' any of these
	Not    bool
	Bits   uint8
	Ignore uint8 // bits not looked at
}

// Match compares flags.
func (t BitTest) Match(flags uint8) bool {
	f := flags &^ t.Ignore
	var ok bool
	switch t.Mode {
	case '+':
		ok = f&t.Bits == t.Bits
	case '*':
		ok = f&t.Bits != 0
	default:
		ok = f == t.Bits
	}
	return ok != t.Not
}
