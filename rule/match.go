package rule

// Match is one keyword that looks into a buffer.
type Match interface {
	// Relative says whether it starts where the former match ended.
	Relative() bool
}

// Num is a number in a rule: a constant, or a value that an earlier
// byte_extract or byte_math has set.
type Num struct {
	Value int64
	Var   int // 1-based index of the variable; 0 for a constant
}

// Content is a run of bytes to be found (or not) in the buffer.
type Content struct {
	Pattern              []byte
	Nocase, Negated      bool
	StartsWith, EndsWith bool
	// FastPattern is set when the author chose it for the prefilter; FastOffset
	// and FastLen then cut out the part to use, when FastLen is not 0.
	FastPattern         bool
	FastOffset, FastLen int

	HasOffset, HasDepth, HasDistance, HasWithin bool
	Offset, Depth, Distance, Within             Num
}

// Relative implements [Match].
func (c *Content) Relative() bool { return c.HasDistance || c.HasWithin }

// PCRE is a regular expression over bytes.
type PCRE struct {
	Pattern   string // bytes, as written between the delimiters
	Negated   bool
	FromLast  bool // R: starts where the former match ended
	Nocase    bool // i
	DotAll    bool // s
	Multiline bool // m
	Extended  bool // x
	Anchored  bool // A
	DollarEnd bool // E
	Ungreedy  bool // G
	// InBuffer is the buffer that a letter behind the expression names; Moves tells that there is one.
	InBuffer Buffer
	Moves    bool
}

// Relative implements [Match].
func (p *PCRE) Relative() bool { return p.FromLast }

// Endian is the order of bytes in a number.
type Endian uint8

// Orders of bytes. DCEEndian follows the byte order flag of the DCE/RPC header.
const (
	BigEndian Endian = iota
	LittleEndian
	DCEEndian
)

// ByteRead says how a number is read from the buffer.
type ByteRead struct {
	Bytes    Num // 0 with Text: as many digits as there are
	Offset   Num
	FromLast bool // relative
	Endian   Endian
	Text     bool // digits in text instead of binary
	Base     int  // 8, 10 or 16 for Text
	Bitmask  uint64
}

// Relative implements [Match].
func (b *ByteRead) Relative() bool { return b.FromLast }

// ByteTest compares a number in the buffer.
type ByteTest struct {
	ByteRead
	Op      Op
	Negated bool
	Value   Num
}

// ByteJump moves the end of the former match by a number in the buffer.
type ByteJump struct {
	ByteRead
	Multiplier    int64
	Align         bool
	FromBeginning bool
	FromEnd       bool
	PostOffset    Num
}

// ByteExtract sets variable Into (1-based) from a number in the buffer.
type ByteExtract struct {
	ByteRead
	Multiplier int64
	Align      int64 // 0, 2 or 4
	Into       int
}

// ByteMath sets variable Into (1-based) to a number in the buffer, Oper, Value.
type ByteMath struct {
	ByteRead
	Oper  byte // + - * / < >  (< and > shift)
	Value Num
	Into  int
}

// IsDataAt asks whether the buffer goes on for so many bytes.
type IsDataAt struct {
	At       Num
	FromLast bool
	Negated  bool
}

// Relative implements [Match].
func (i *IsDataAt) Relative() bool { return i.FromLast }

// BSize compares the length of the whole buffer.
type BSize struct{ Compare }

// Relative implements [Match].
func (*BSize) Relative() bool { return false }

// Base64Decode decodes text of the buffer; the section with [Base64Data] that
// belongs to the rule is judged on the result at once.
type Base64Decode struct {
	Bytes    int // most text bytes to decode, 0 for all
	Offset   int
	FromLast bool
}

// Relative implements [Match].
func (b *Base64Decode) Relative() bool { return b.FromLast }

// Op compares two numbers.
type Op uint8

// Comparisons. OpBetween excludes both ends, as the rule language has it.
const (
	OpEqual Op = iota
	OpNotEqual
	OpLess
	OpLessEqual
	OpGreater
	OpGreaterEqual
	OpBetween
	OpNotBetween
	OpAnd // some of the bits are set
	OpOr  // bitwise exclusive or is not zero
)

// Compare is a comparison with constants.
type Compare struct {
	Op   Op
	A, B int64
}

// Match compares v.
func (c Compare) Match(v int64) bool {
	switch c.Op {
	case OpBetween:
		return c.A < v && v < c.B
	case OpNotBetween:
		return v <= c.A || v >= c.B
	}
	return c.Op.Match(v, c.A)
}

// Match compares a with b.
func (o Op) Match(a, b int64) bool {
	switch o {
	case OpEqual:
		return a == b
	case OpNotEqual:
		return a != b
	case OpLess:
		return a < b
	case OpLessEqual:
		return a <= b
	case OpGreater:
		return a > b
	case OpGreaterEqual:
		return a >= b
	case OpAnd:
		return a&b != 0
	case OpOr:
		return a^b != 0
	}
	return false
}

// TransformKind is a change made to a buffer before it is judged.
type TransformKind uint8

// Transforms.
const (
	DotPrefix TransformKind = iota
	ToLower
	ToUpper
	URLDecode
	StripWhitespace
	CompressWhitespace
	StripPseudoHeaders
	HeaderLowercase
	ToMD5
	ToSHA1
	ToSHA256
	XOR
	FromBase64
)

// Transform is one change with its argument.
type Transform struct {
	Kind TransformKind
	Key  string // XOR: the key's bytes
}

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

// Track says over what threshold and xbits count.
type Track uint8

// What is counted.
const (
	TrackSrc Track = iota
	TrackDst
	TrackPair
	TrackRule
	TrackFlow
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
	ThresholdLimit  ThresholdType = iota // the first Count in a period
	ThresholdEvery                       // each Count-th in a period
	ThresholdBoth                        // once a period, at the Count-th
	ThresholdFilter                      // all after Count (detection_filter)
)

// Threshold is the threshold or detection_filter keyword.
type Threshold struct {
	Type    ThresholdType
	Track   Track
	Count   int64
	Seconds int64
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
}

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
