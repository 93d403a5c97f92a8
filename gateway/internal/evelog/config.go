package evelog

// Config says what records tell. The zero value is the least that is useful.
type Config struct {
	// Number puts the packet's place in the capture into records, File the capture's name.
	Number bool
	File   string
	// Ethernet adds hardware addresses, CommunityID the identifier that other programs
	// share, made with Seed.
	Ethernet, CommunityID bool
	Seed                  uint16
	// Version is written as the version of the sensor whose form this is; empty for none.
	Version string
	// NoMetadata leaves out what rules remember of the flow.
	NoMetadata bool

	Alert   AlertConfig
	Drop    DropConfig
	Anomaly AnomalyConfig
	// Flow and Netflow records are wanted.
	Flow, Netflow bool
	// ARP records are wanted, and those of packets from which rules have kept text.
	ARP, Metadata bool
	// Frames are written, each.
	Frames bool
	// Stats are wanted; DecoderEvents and StreamEvents are counted in them.
	Stats, DecoderEvents, StreamEvents bool
	// KeepZero writes counters that are 0.
	KeepZero bool
}

// AlertConfig says what an alert carries.
type AlertConfig struct {
	Payload, PayloadPrintable, PayloadLength bool
	Packet, Verdict, References, RuleText    bool
	HTTPBody, HTTPBodyPrintable              bool
	// NoApp, NoFlow and NoRule leave out the transaction, the flow and the rule's metadata.
	NoApp, NoFlow, NoRule bool
	// XFF names clients behind a proxy.
	XFF XFFConfig
	// Tagged writes the packets that a rule with the tag keyword asks for.
	Tagged bool
	// PayloadBuffer bounds the bytes of a stream that an alert carries.
	PayloadBuffer int
}

// DropConfig says which packets that did not pass are told of.
type DropConfig struct {
	On bool
	// Alerts adds the rule, Verdict what became of the packet.
	Alerts, Verdict bool
	// All tells of every packet, not only of the first in each direction of a flow.
	All bool
}

// AnomalyConfig says which anomalies are told.
type AnomalyConfig struct{ Decode, Stream, App bool }

// DefaultPayloadBuffer is how much of a stream an alert carries when nothing is said.
const DefaultPayloadBuffer = 4 << 10
