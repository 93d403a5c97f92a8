package wire

import (
	"net/netip"
	"time"
)

// Kind says which function of the box made an event.
type Kind string

// Kinds of events.
const (
	KindIPS    Kind = "ips"    // a rule matched
	KindSite   Kind = "site"   // a dangerous name or address was asked for
	KindVirus  Kind = "virus"  // a file was found infected
	KindHealth Kind = "health" // the box tells about itself
	KindUsage  Kind = "usage"  // what applications a device used for how long
	KindAppeal Kind = "appeal" // somebody says that it was wrong to block something
	KindDevice Kind = "device" // what is known of a device in the office
)

// Verdict is what the box did with the traffic.
type Verdict string

// Verdicts.
const (
	VerdictBlocked Verdict = "blocked" // it did not reach its goal
	VerdictPassed  Verdict = "passed"  // it was seen and let through
)

// Direction is seen from the office.
type Direction string

// Directions.
const (
	Inbound  Direction = "inbound"  // outside host opened the conversation with an inside one
	Outbound Direction = "outbound" // inside host opened it
	Internal Direction = "internal" // both ends are inside
)

// Event is one thing that the box saw, with the ground for its judgement.
// It carries addresses, names, URLs, mail headers and virus file names, and
// never file contents or mail bodies.
type Event struct {
	// ID is made once by the box (26 letters and digits) and never reused.
	ID        string    `json:"id"`
	Time      time.Time `json:"time"` // UTC
	Kind      Kind      `json:"kind"`
	Verdict   Verdict   `json:"verdict,omitempty"`
	Direction Direction `json:"direction,omitempty"`
	Flow      Flow      `json:"flow,omitzero"`
	// Device is the inside end, zero for health events, and for usage of more devices than
	// the box can tell apart.
	Device Device  `json:"device,omitzero"`
	Rule   *Rule   `json:"rule,omitempty"`
	Site   *Site   `json:"site,omitempty"`
	File   *File   `json:"file,omitempty"`
	Health *Health `json:"health,omitempty"`
	Usage  *Usage  `json:"usage,omitempty"`
	Appeal *Appeal `json:"appeal,omitempty"`
	Inside *Inside `json:"inside,omitempty"`
	// App is the application protocol seen: "http", "tls", "dns", "quic", "smtp", "".
	App string `json:"app,omitempty"`
	// URL is host and path for HTTP, without the query's values.
	URL string `json:"url,omitempty"`
}

// Flow is the conversation: Src opened it towards Dst.
type Flow struct {
	Proto   string     `json:"proto"` // "TCP", "UDP", "ICMP"
	Src     netip.Addr `json:"src"`
	SrcPort uint16     `json:"src_port"`
	Dst     netip.Addr `json:"dst"`
	DstPort uint16     `json:"dst_port"`
}

// Device is the inside end of a conversation, as the box knows it.
type Device struct {
	MAC  string     `json:"mac,omitempty"` // lower case, colons
	Addr netip.Addr `json:"addr"`
}

// Rule is the rule that matched.
type Rule struct {
	GID      uint32   `json:"gid"`
	SID      uint32   `json:"sid"`
	Rev      uint32   `json:"rev"`
	Msg      string   `json:"msg"`
	Class    string   `json:"class,omitempty"` // classtype keyword
	Priority int      `json:"priority,omitempty"`
	Family   string   `json:"family,omitempty"` // metadata otasuke_family, if the rule has it
	Mitre    []string `json:"mitre,omitempty"`  // technique ids, for example "T1071"
}

// Site is the dangerous name or address that was asked for.
type Site struct {
	Name     string `json:"name"`     // domain or address
	Layer    string `json:"layer"`    // "dns", "tls", "quic", "http"
	Category string `json:"category"` // "phishing", "malware", "c2"
	List     string `json:"list"`     // name of the list
}

// File is the infected file.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`             // bytes seen
	SHA256 string `json:"sha256,omitempty"` // hex, when the whole file was seen
	Virus  string `json:"virus"`            // name given by the scanner
}

// Appeal is what somebody of the office says about a block page that they saw.
type Appeal struct {
	What     string `json:"what"`               // what was blocked: a host, or a file's name
	Category string `json:"category,omitempty"` // of the list: "phishing", "company", "virus"
	List     string `json:"list,omitempty"`     // name of the list
	Reason   string `json:"reason"`             // "known": it is fine; "work": it is needed
}

// Usage is what applications one device used from Since on, for the time of Period. The
// event's own time is when it was reported.
type Usage struct {
	Since  time.Time `json:"since"`
	Period int       `json:"period"` // minutes
	Apps   []AppUse  `json:"apps"`
}

// AppUse is the use of one application, or of everything that has no name.
type AppUse struct {
	App      string `json:"app,omitempty"`      // id, as in content/apps or of the company's own; "" for none
	Category string `json:"category,omitempty"` // id
	Name     string `json:"name,omitempty"`     // of an application that the centre does not know
	Up       uint64 `json:"up"`                 // bytes that the device sent
	Down     uint64 `json:"down"`               // bytes that it received
	Minutes  int    `json:"minutes"`            // in which it was used
	Flows    uint64 `json:"flows"`              // conversations that ended
	Blocked  uint64 `json:"blocked,omitempty"`  // of these, stopped
}
