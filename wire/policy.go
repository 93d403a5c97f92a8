package wire

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"otasuke/internal/hostname"
)

// PathPolicy is where a box gets what its company wants of it: GET, answered by a [Policy].
const PathPolicy = "/v1/policy"

// Limits of a policy.
const (
	// MaxPolicyNames bounds each list of names; more belongs into a bundle of lists.
	MaxPolicyNames = 2000
	// MaxPolicyBlocks bounds wishes about applications, MaxPolicyIDs the applications of one.
	MaxPolicyBlocks = 20
	MaxPolicyIDs    = 600
	// MaxPolicyGroups of devices, and MaxMembers of one.
	MaxPolicyGroups = 20
	MaxMembers      = 200
	// MaxStops bounds the dangers that are stopped for all at a time: what is older belongs into a bundle.
	MaxStops = 1000
	// MaxStopFiles bounds the files among them.
	MaxStopFiles = 1000
	// MaxPolicyBytes bounds a policy: all names at their longest have 1.2 MiB.
	MaxPolicyBytes = 2 << 20
	// policyID is the length of its name: half a SHA-256 in hexadecimal.
	policyID = 32
)

// Choices of [Policy.EncryptedDNS] and [Policy.Files]; "" is what the box does by itself.
const (
	DNSReport = "report" // who walks round the box by an encrypted resolver is told of
	DNSBlock  = "block"
	DNSOff    = "off"
	FilesTell = "tell" // files with a password and documents with macros are told of
	FilesStop = "stop"
)

// ListStops is what the box calls the list of [Policy.Stops] in events; FileStopped is the name of a virus that
// only [Policy.StopFiles] knows.
const (
	ListStops   = "stops"
	FileStopped = "Otasuke.Found-at-another-member"
)

// Kinds of what is stopped for all.
const (
	StopName = "name" // and everything below it
	StopAddr = "addr"
	StopPage = "page" // one page over HTTP, "http://name/path"
)

// What became of a policy on a box.
const (
	PolicyActive  = "active"
	PolicyWaiting = "waiting" // fetched, the engine has not taken it yet; or not fetched yet
	PolicyRefused = "refused" // not understood, or it would not do; the one before goes on
	PolicyOff     = "off"     // the box's own file says that it takes none
)

var errPolicy = errors.New("wire: bad policy")

// Policy is what a company wants of its boxes, and what the centre has stopped for all. It is whole: what is not in it is
// not wanted any more.
type Policy struct {
	Version int `json:"version"`
	// ID names what it says: two that say the same have the same, see [Policy.Seal].
	ID string `json:"id"`
	// Blocks are applications that are not let through.
	Blocks []PolicyBlock `json:"blocks,omitempty"`
	// Groups of devices that Blocks may be for: hardware addresses, addresses and networks.
	Groups map[string][]string `json:"groups,omitempty"`
	// EncryptedDNS and Files are DNS and Files constants.
	EncryptedDNS string `json:"encrypted_dns,omitempty"`
	Files        string `json:"files,omitempty"`
	// Allow and Deny are names, meant with all below them, as [hostname.Clean] gives them.
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
	// Names are more of them, for groups of devices alone. Boxes from before 2026-11-29 pass over them.
	Names []PolicyNames `json:"names,omitempty"`
	Stops []Stop        `json:"stops,omitempty"`
	// StopFiles are files; they need a scanner.
	StopFiles []StopFile `json:"stop_files,omitempty"`
	// StopsSeq numbers the state of Stops and StopFiles: the centre counts up with each change, and an end is none.
	StopsSeq int64 `json:"stops_seq,omitempty"`
}

// PolicyBlock is a wish not to let applications through, for the groups that are named, for all where none is.
type PolicyBlock struct {
	Applications []string `json:"applications,omitempty"`
	Categories   []string `json:"categories,omitempty"`
	// Except are applications of those categories that are let through.
	Except []string `json:"except,omitempty"`
	Groups []string `json:"groups,omitempty"`
}

// PolicyNames are Allow and Deny for the groups that are named.
type PolicyNames struct {
	Allow  []string `json:"allow,omitempty"`
	Deny   []string `json:"deny,omitempty"`
	Groups []string `json:"groups"`
}

// Stop is a danger that was found at one company and is stopped at all.
type Stop struct {
	Kind     string    `json:"kind"`
	Value    string    `json:"value"`
	Category string    `json:"category"` // of sites: "phishing", "malware", "c2", "scam"
	Until    time.Time `json:"until"`    // it counts no longer, also where the centre is away
}

// StopFile is a file that was found at one company and is stopped at all.
type StopFile struct {
	SHA256 string    `json:"sha256"` // 64 small hexadecimal digits
	Until  time.Time `json:"until"`
}

// PolicyState says in a heartbeat what became of the policy that the box was told of last.
type PolicyState struct {
	ID    string    `json:"id"` // "" before any
	State string    `json:"state"`
	Since time.Time `json:"since"`
	// Active is the one in force, "" for none.
	Active string `json:"active,omitempty"`
	// StopsSeq is that of the one in force.
	StopsSeq int64  `json:"stops_seq,omitempty"`
	Reason   string `json:"reason,omitempty"` // for the operator, English; of an active one what was left out
	// Own are the keys of the box's own file that have the last word there, at most MaxWord bytes each.
	Own []string `json:"own,omitempty"`
}

// maxOwn keys have something to do with a policy; there are five today.
const maxOwn = 16

// Seal gives a policy its name.
func (p *Policy) Seal() error {
	p.Version, p.ID = 0, ""
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("wire: policy: %w", err)
	}
	sum := sha256.Sum256(text)
	p.Version, p.ID = Version, hex.EncodeToString(sum[:policyID/2])
	return nil
}

// ValidPolicyID says whether s can be the name of a policy.
func ValidPolicyID(s string) bool {
	return len(s) == policyID && strings.Trim(s, "0123456789abcdef") == ""
}

// Check says what is wrong with a policy that came from outside.
func (p *Policy) Check() error {
	wrong := ""
	switch {
	case !ValidPolicyID(p.ID):
		wrong = "its name"
	case !slices.Contains([]string{"", DNSReport, DNSBlock, DNSOff}, p.EncryptedDNS):
		wrong = "encrypted DNS"
	case !slices.Contains([]string{"", FilesTell, FilesStop}, p.Files):
		wrong = "files"
	case len(p.Blocks) > MaxPolicyBlocks || len(p.Groups) > MaxPolicyGroups || len(p.Names) > MaxPolicyGroups || len(p.Stops) > MaxStops || len(p.StopFiles) > MaxStopFiles || p.StopsSeq < 0:
		wrong = "too much of something"
	}
	for i := 0; wrong == "" && i < len(p.Blocks); i++ {
		wrong = p.Blocks[i].check()
	}
	for name, members := range p.Groups {
		if wrong == "" {
			wrong = checkGroup(name, members)
		}
	}
	for _, list := range [][]string{p.Allow, p.Deny} {
		wrong = cmp.Or(wrong, checkNames(list))
	}
	for i := range p.Names {
		n := &p.Names[i]
		if len(n.Groups) == 0 || len(n.Groups) > MaxPolicyGroups || longer(n.Groups, MaxWord) || slices.Contains(n.Groups, "") { // none is never all
			wrong = cmp.Or(wrong, "names for no group")
		}
		wrong = cmp.Or(wrong, checkNames(n.Allow), checkNames(n.Deny))
	}
	for i := 0; wrong == "" && i < len(p.Stops); i++ {
		if p.Stops[i].Check() != nil {
			wrong = "what is stopped for all"
		}
	}
	for i := 0; wrong == "" && i < len(p.StopFiles); i++ {
		if f := &p.StopFiles[i]; f.Until.IsZero() || !ValidSHA256(f.SHA256) {
			wrong = "a file that is stopped for all"
		}
	}
	if wrong != "" {
		return fmt.Errorf("%w: %s", errPolicy, wrong)
	}
	return nil
}

func checkNames(list []string) string {
	if len(list) > MaxPolicyNames {
		return "too many names"
	}
	for _, n := range list {
		if clean, err := hostname.Clean(n); err != nil || clean != n {
			return "a name"
		}
	}
	return ""
}

func (b *PolicyBlock) check() string {
	for _, list := range [][]string{b.Applications, b.Categories, b.Except, b.Groups} {
		if len(list) > MaxPolicyIDs || longer(list, MaxWord) || slices.Contains(list, "") {
			return "a wish about applications"
		}
	}
	if len(b.Applications)+len(b.Categories) == 0 {
		return "a wish about no application"
	}
	return ""
}

func checkGroup(name string, members []string) string {
	if name == "" || len(name) > MaxWord || len(members) > MaxMembers {
		return "a group"
	}
	for _, m := range members {
		if !ValidMember(m) {
			return "a member of a group"
		}
	}
	return ""
}

// ValidMember says whether s can be a member of a group of devices.
func ValidMember(s string) bool {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Zone() == ""
	}
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	hw, err := net.ParseMAC(s)
	return err == nil && len(hw) == 6
}

// ValidSHA256 says whether s is one in small hexadecimal digits.
func ValidSHA256(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

// Check says what is wrong with it.
func (s *Stop) Check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", errPolicy, what) }
	if s.Until.IsZero() || s.Category == "" || len(s.Category) > MaxWord || len(s.Value) > MaxText {
		return bad("category, end or length")
	}
	switch s.Kind {
	case StopName:
		if clean, err := hostname.Clean(s.Value); err != nil || clean != s.Value {
			return bad("name")
		}
	case StopAddr:
		a, err := netip.ParseAddr(s.Value)
		if err != nil || a.Zone() != "" || a.String() != s.Value || !a.IsGlobalUnicast() || a.IsPrivate() {
			return bad("address")
		}
	case StopPage:
		u, err := url.Parse(s.Value)
		if err != nil || u.Scheme != "http" || u.User != nil || u.Port() != "" || u.Fragment != "" || len(u.Path) < 2 || strings.ContainsAny(s.Value, " \t\r\n#") {
			return bad("page")
		}
		if clean, err := hostname.Clean(u.Hostname()); err != nil || clean != u.Host {
			return bad("host of a page")
		}
	default:
		return bad("kind")
	}
	return nil
}

func (s *PolicyState) check() error {
	known := slices.Contains([]string{PolicyActive, PolicyWaiting, PolicyRefused, PolicyOff}, s.State)
	if !known || s.ID != "" && !ValidPolicyID(s.ID) || s.Active != "" && !ValidPolicyID(s.Active) || s.StopsSeq < 0 || len(s.Reason) > MaxReason || len(s.Own) > maxOwn || longer(s.Own, MaxWord) {
		return fmt.Errorf("%w: state of the policy", errHealth)
	}
	return nil
}
