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
	// Captures are the groups whose text is kept.
	Captures []Capture
}

// Capture keeps the text of a group: the one called In, or by number where In is empty.
type Capture struct {
	Scope VarScope
	Name  string
	In    string
	Group int
}

// VarScope says what a piece of kept text belongs to.
type VarScope uint8

// Scopes.
const (
	VarAlert   VarScope = iota // the alert of the rule
	VarFlow                    // the flow, for other rules and records
	VarPacket                  // the packet at hand
	VarEntropy                 // the flow: the entropy of a buffer, by the buffer's name
)

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

// Number compares a number of the traffic, in a section on a buffer of which
// [Buffer.Number] holds.
type Number struct{ Compare }

// Relative implements [Match].
func (*Number) Relative() bool { return false }

// NumberList asks whether a number lies in one of the closed ranges.
type NumberList struct{ Ranges [][2]int64 }

// Relative implements [Match].
func (*NumberList) Relative() bool { return false }

// Now compares a time (seconds since 1970) with that of the traffic.
type Now struct{ Op Op }

// Relative implements [Match].
func (*Now) Relative() bool { return false }

// Tuple compares several numbers that belong together, 8 bytes each. Missing
// comparisons, and numbers that are not there, are told apart: the former fit, the
// latter do not.
type Tuple struct{ Tests []*Compare }

// Relative implements [Match].
func (*Tuple) Relative() bool { return false }

// Interface compares an interface of DCE/RPC: 16 bytes of identifier, then major and
// minor version, 2 bytes each, and 1 where the first fragment named it.
type Interface struct {
	UUID    [16]byte
	AnyFrag bool     // any fragment may have named it
	Version *Compare // of the major version; nil for any
}

// Relative implements [Match].
func (*Interface) Relative() bool { return false }

// ModbusTest compares a message of Modbus; what is nil or 0 fits all.
type ModbusTest struct {
	Unit, Sub     *Compare
	Functions     [][2]int64 // closed ranges, one of which must hold the function
	Access, Table int64      // numbers of the reader
	Address       *Compare   // of one of the addresses
	Value         *Compare   // written to such an address
}

// Relative implements [Match].
func (*ModbusTest) Relative() bool { return false }

// ASN1 asks whether values in BER that begin at Offset are built to overflow their readers.
type ASN1 struct {
	Bits     bool // a bit string with more unused bits than it has
	Double   bool // a real number in decimal text of more than 256 bytes
	Oversize int  // a length above this, 0 for any
	Offset   int
	FromLast bool
}

// Relative implements [Match].
func (a *ASN1) Relative() bool { return a.FromLast }

// Bounce asks whether a command (FTP PORT) names another address than its sender's.
type Bounce struct{}

// Relative implements [Match].
func (*Bounce) Relative() bool { return false }

// Entropy compares the Shannon entropy of some bytes, in bits a byte.
type Entropy struct {
	Bytes, Offset int // Bytes 0 for all
	Op            Op
	Value         float64
	Between       float64 // upper end with OpBetween
	Buffer        Buffer  // of whose bytes; records tell the value under its name
}

// Relative implements [Match].
func (*Entropy) Relative() bool { return false }

// Dataset asks whether the buffer is in a named list, or puts it there.
type Dataset struct {
	List *List
	Op   BitOp // BitIsSet, BitIsNotSet, BitSet or BitUnset
	// Context is under which name an alert tells what the list knows of the entry.
	Context string
}

// Relative implements [Match].
func (*Dataset) Relative() bool { return false }

// Datarep compares the reputation that a named list gives the buffer.
type Datarep struct {
	List *List
	Compare
}

// Relative implements [Match].
func (*Datarep) Relative() bool { return false }

// List is a named list that rules share. What it holds at first is read with the
// rules; rules may add to it while they run.
type List struct {
	Name string
	Kind string // "string", "md5", "sha256", "ipv4" or "ip"
	// Entries are what is listed, in the form of the buffer, with a reputation where
	// there is one.
	Entries map[string]int64
	// About is what a list in JSON knows of its entries: JSON objects.
	About map[string]string
	// Max bounds the entries that rules add; 0 for the engine's bound.
	Max int
}

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
	OpAnd       // some of the bits are set
	OpOr        // bitwise exclusive or is not zero
	OpMaskEqual // the bits of A are as in B
	OpMaskNotEqual
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
	case OpMaskEqual:
		return v&c.A == c.B
	case OpMaskNotEqual:
		return v&c.A != c.B
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
	Domain  // the name without subdomains
	TLD     // the last label or public suffix
	Gunzip  // gzip
	Inflate // zlib
	Rewrite // an expression's first group takes the buffer's place
)

// Transform is one change with its argument.
type Transform struct {
	Kind TransformKind
	Key  string // XOR: the key's bytes; Rewrite: the expression
	// Bytes and Offset cut the input of FromBase64; Bytes bounds what Gunzip and Inflate give.
	Bytes, Offset int
	Mode          string // FromBase64: "strict", "rfc4648" or "rfc2045"
}
