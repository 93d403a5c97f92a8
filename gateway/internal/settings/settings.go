package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"otasuke/internal/conffile"

	"otasuke/gateway/internal/apps"
	"otasuke/gateway/internal/clamd"
	"otasuke/gateway/internal/filter"
	"otasuke/gateway/internal/ports"
	"otasuke/gateway/internal/route"
	"otasuke/gateway/internal/update"
	"otasuke/gateway/internal/uplink"
	"otasuke/rule/policy"
	"otasuke/wire"
)

// ErrConfig tells what is wrong with a configuration.
var ErrConfig = errors.New("gateway: configuration")

// How the EVE log grows when nothing is said: a week of an office, at most 2 GiB.
const (
	defaultEVEBytes = 256 << 20
	defaultEVEAge   = 24 * time.Hour
	defaultEVEFiles = 7
)

// IPv6 wants 1280 bytes of every path (RFC 8200 section 5); an IP packet has at most 65,535.
const minMTU, maxMTU = 1280, 65535

// Config of a box, read from one TOML file.
type Config struct {
	// CentreURL is the centre's box listener. Empty: the box protects and tells nobody.
	CentreURL string `toml:"centre_url"`
	// CentreFingerprint is the SHA-256 of the centre's CA certificate, hex.
	CentreFingerprint string `toml:"centre_fingerprint"`
	// ClaimCode binds the box to a company once; ignored when it is bound.
	ClaimCode string `toml:"claim_code"`
	// StateDir keeps identity, journal and compiled rules.
	StateDir string `toml:"state_dir"`
	// EVEInput is the eve.json of a Suricata that already watches the office, or the Unix
	// socket that it writes to, "unix:/run/otasuke/eve.sock" ("unixgram:" for datagrams). With
	// it the box inspects nothing itself: it carries that program's alerts to the centre.
	EVEInput string `toml:"eve_input"`
	// Page is where the box's own page listens, on the interface that has the box's address;
	// ":80" when nothing is said, "off" for none.
	Page string `toml:"page"`
	// Mode is "bridge", when it is not set; "tap": one port gets a copy of the traffic, and
	// findings are told of, but nothing can be stopped; "router": Management is the address
	// outside, RouterAddress, "192.168.77.1/24" when it is not set, the one inside.
	Mode          string       `toml:"mode"`
	RouterAddress netip.Prefix `toml:"router_address"`
	// Forwards are ports of a router's address outside that lead to hosts inside.
	Forwards []route.Forward `toml:"forward"`
	// Ports are the two network interfaces between router and office, ["auto"] finds them;
	// of a tap the one that listens.
	Ports []string `toml:"ports"`
	// Bridge is the name of the bridge that joins them.
	Bridge string `toml:"bridge"`
	// Management is the box's own address: "dhcp", or "192.168.1.9/24" with ManagementGateway and
	// ManagementDNS; "system" where the system gives the bridge one; empty for none, and then
	// nothing on the way knows of the box. ManagementPort is a third interface that has it
	// instead of the bridge. ManagementSSH lets the inside reach the system's SSH server there.
	Management        string       `toml:"management"`
	ManagementPort    string       `toml:"management_port"`
	ManagementGateway netip.Addr   `toml:"management_gateway"`
	ManagementDNS     []netip.Addr `toml:"management_dns"`
	ManagementSSH     bool         `toml:"management_ssh"`
	// MTU is given to both ports, in bytes: 9000 where the office has jumbo frames. 0 leaves
	// theirs.
	MTU int `toml:"mtu"`
	// Queues is the number of worker threads; 0 means one for each core.
	Queues int `toml:"queues"`
	// Home are the inside networks.
	Home []netip.Prefix `toml:"home"`
	// Rules are rule files (patterns allowed); the built-in starter rules come first.
	Rules []string `toml:"rules"`
	// IPS says which rules of those files block what they match; [policy.Default] when it
	// is not set.
	IPS *policy.Policy `toml:"ips"`
	// NoStarterRules leaves the built-in ones out.
	NoStarterRules bool `toml:"no_starter_rules"`
	// Lists of dangerous names, pages and addresses, and of what is allowed.
	Lists []ListFile `toml:"list"`
	// Groups of devices that lists may be for: hardware addresses, addresses, networks.
	Groups map[string][]string `toml:"groups"`
	// EncryptedDNS says what becomes of known resolvers by which lists can be walked
	// round: "report" (when it is not set), "block" or "off".
	EncryptedDNS string `toml:"encrypted_dns"`
	// NoPolicy takes nothing of what the company wants by way of the centre, see [Config.OwnKeys].
	NoPolicy bool `toml:"no_policy"`
	// Applications is a file of the company's own applications, in the form of content/apps.
	Applications string `toml:"applications"`
	// Blocked are applications that are not let through.
	Blocked []apps.Block `toml:"block"`
	// UsageEvery is how often the centre is told what is used: an hour, the longest, when 0.
	UsageEvery time.Duration `toml:"usage_every"`
	// NoDevices takes no inventory of the office's devices. DevicesEvery is how often the centre
	// hears what changed (10 minutes when 0), Dormant after how long a device that comes back is
	// worth a word (30 days when 0). Makers are lists of the IEEE; the system's own when empty.
	NoDevices    bool          `toml:"no_devices"`
	DevicesEvery time.Duration `toml:"devices_every"`
	Dormant      time.Duration `toml:"dormant"`
	Makers       []string      `toml:"makers"`
	// Clamd is "run" for a clamd that the box starts and watches itself. Otherwise ClamdSocket
	// is the path of one's Unix socket. Both empty switch virus scanning off.
	Clamd       string `toml:"clamd"`
	ClamdSocket string `toml:"clamd_socket"`
	// ClamdProgram, ClamdDatabase and ClamdUser are what it runs, its folder of signatures and
	// whom it runs as; those of Debian when nothing is said. Of another clamd only the folder
	// counts, for the age of its signatures.
	ClamdProgram  string `toml:"clamd_program"`
	ClamdDatabase string `toml:"clamd_database"`
	ClamdUser     string `toml:"clamd_user"`
	// StopSuspicious stops files with a password and office documents with macros over HTTP,
	// FTP and SMB as if they had a virus. Without it they are only told of, in mail always.
	// Nil leaves it to what the company wants.
	StopSuspicious *bool `toml:"stop_suspicious_files"`
	// KeepMail lets infected attachments pass and only tells of them, instead of replacing them
	// by a text when the mail comes for the second time.
	KeepMail bool `toml:"keep_infected_mail"`
	// EVELog is a file that gets every EVE record; empty for none.
	EVELog string `toml:"eve_log"`
	// EVELogBytes and EVELogAge say when that file is moved aside: 256 MiB and a day when
	// they are 0, never when negative. EVELogFiles of them are kept, 7 when 0.
	EVELogBytes int64         `toml:"eve_log_bytes"`
	EVELogAge   time.Duration `toml:"eve_log_age"`
	EVELogFiles int           `toml:"eve_log_files"`
	// NoTrafficLog keeps no traffic log. TrafficBytes and TrafficAge are its budget: 6 GiB and 90
	// days when they are 0.
	NoTrafficLog bool          `toml:"no_traffic_log"`
	TrafficBytes int64         `toml:"traffic_log_bytes"`
	TrafficAge   time.Duration `toml:"traffic_log_age"`
	// Countries is a list of address blocks by country, lines "JP,203.0.113.0/24", plain or
	// gzipped: for the traffic log and the rules' keyword geoip.
	Countries string `toml:"countries"`
	// JournalBytes is the disk budget of events that wait for the centre.
	JournalBytes int64 `toml:"journal_bytes"`
	// Heartbeat is the time between two.
	Heartbeat time.Duration `toml:"heartbeat"`
	// FlowBudget in bytes replaces the engine's; negative means no limit.
	FlowBudget int64 `toml:"flow_budget"`
	// Segmented asks the kernel for single packets instead of bundles; for measurements.
	Segmented bool `toml:"segmented"`

	// BundleRoot is the file of the root of trust of bundles; without it the centre's first one is
	// taken and kept. UpdateHours is when the program itself is replaced, "02:00-05:00".
	BundleRoot  string `toml:"bundle_root"`
	UpdateHours string `toml:"update_hours"`

	// Software is the version of this build.
	Software string `toml:"-"`
	// Path of the file that this was read from, for the engine process.
	Path string `toml:"-"`
	// Log of the supervisor.
	Log *slog.Logger `toml:"-"`

	// Policy is what the company wants; nil for nothing.
	Policy *wire.Policy `toml:"-"`

	countries *countries                      // shared by copies
	line      *atomic.Pointer[[]netip.Prefix] // networks of IPv6 that the line has given; shared by copies
	// Own is the box's address in the office, which the engine gives for the name of the test.
	Own        *filter.Answer `toml:"-"`
	Bundles    update.InUse   `toml:"-"` // what the engine uses
	Signatures string         `toml:"-"` // the system's, where bundles may add to them
}

// Load reads a file. set changes what stands there before it is checked.
func Load(path string, set ...func(*Config)) (Config, error) {
	var c Config
	err := conffile.Read(path, &c)
	for _, f := range set {
		f(&c)
	}
	if err == nil {
		c.Path, err = filepath.Abs(path)
	}
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := c.Complete(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Complete fills in defaults and checks.
func (c *Config) Complete() error {
	if c.StateDir == "" {
		return fmt.Errorf("%w: state_dir is missing", ErrConfig)
	}
	if c.Bridge == "" {
		c.Bridge = ports.DefaultBridge
	}
	if c.MTU != 0 && (c.MTU < minMTU || c.MTU > maxMTU) {
		return fmt.Errorf("%w: mtu = %d: write 1500, 9000 for jumbo frames, or what your switches say, from %d to %d", ErrConfig, c.MTU, minMTU, maxMTU)
	}
	if c.Queues <= 0 {
		c.Queues = runtime.NumCPU()
	}
	if len(c.Home) == 0 {
		for _, p := range []string{"192.168.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "fc00::/7", "fe80::/10"} {
			c.Home = append(c.Home, netip.MustParsePrefix(p))
		}
	}
	if c.EVELogBytes == 0 {
		c.EVELogBytes = defaultEVEBytes
	}
	if c.EVELogAge == 0 {
		c.EVELogAge = defaultEVEAge
	}
	if c.EVELogFiles == 0 {
		c.EVELogFiles = defaultEVEFiles
	}
	c.countries, c.Own, c.line = new(countries), new(filter.Answer), new(atomic.Pointer[[]netip.Prefix])
	if err := c.page(); err != nil {
		return err
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = time.Minute
	}
	if c.DevicesEvery == 0 {
		c.DevicesEvery = 10 * time.Minute
	}
	if c.UsageEvery == 0 {
		c.UsageEvery = time.Hour
	}
	if c.IPS == nil {
		p := policy.Default()
		c.IPS = &p
	}
	if err := c.IPS.Check(); err != nil {
		return fmt.Errorf("%w: ips: %w", ErrConfig, err)
	}
	if err := errors.Join(c.centre(), c.scanner(), c.management()); err != nil {
		return err
	}
	if err := c.mode(); err != nil {
		return err
	}
	if _, err := update.ParseHours(c.UpdateHours); err != nil {
		return fmt.Errorf("%w: update_hours: %w", ErrConfig, err)
	}
	if err := c.lists(); err != nil {
		return err
	}
	return c.checkApplications()
}

// PageOff is the value of Page for none.
const PageOff = "off"

// page fills in where the page listens.
func (c *Config) page() error {
	switch {
	case c.Page == PageOff:
		return nil
	case c.Page == "":
		c.Page = ":80"
	}
	address := c.Page
	if strings.HasPrefix(address, ":") {
		address = "0.0.0.0" + address
	}
	if _, err := netip.ParseAddrPort(address); err != nil {
		return fmt.Errorf("%w: page = %q: write \":80\", an address with a port, or \"off\"", ErrConfig, c.Page)
	}
	return nil
}

// ClamdRun is the value of Clamd with which the box starts one.
const ClamdRun = "run"

// scanner fills in where the scanner is.
func (c *Config) scanner() error {
	switch {
	case c.Clamd == "":
		return nil
	case c.Clamd != ClamdRun:
		return fmt.Errorf("%w: clamd %q: write \"run\", or name the socket of one that runs already in clamd_socket", ErrConfig, c.Clamd)
	case c.ClamdSocket != "":
		return fmt.Errorf("%w: clamd = \"run\" and clamd_socket: one of them", ErrConfig)
	}
	c.ClamdSocket = clamd.Socket(c.ClamdDir())
	if c.ClamdDatabase == "" {
		c.ClamdDatabase = clamd.DefaultDatabase
	}
	if c.CentreURL != "" {
		c.Signatures, c.ClamdDatabase = c.ClamdDatabase, filepath.Join(c.ClamdDir(), "database")
	}
	if c.ClamdUser == "" && os.Getuid() == 0 {
		c.ClamdUser = clamd.DefaultUser
	}
	return nil
}

// ClamdDir is the folder of a clamd of ours.
func (c *Config) ClamdDir() string { return filepath.Join(c.StateDir, "clamd") }

// centre checks how the centre is reached.
func (c *Config) centre() error {
	if c.CentreURL == "" {
		if c.EVEInput != "" {
			return fmt.Errorf("%w: eve_input without centre_url: there is nobody to carry the alerts to", ErrConfig)
		}
		return nil
	}
	if u, err := url.Parse(c.CentreURL); err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("%w: centre_url %q: write for example https://centre.example:8443", ErrConfig, c.CentreURL)
	}
	c.CentreURL = strings.TrimRight(c.CentreURL, "/")
	if c.CentreFingerprint == "" {
		return fmt.Errorf("%w: centre_url without centre_fingerprint: the centre shows it beside the claim code", ErrConfig)
	}
	if err := uplink.CheckFingerprint(c.CentreFingerprint); err != nil {
		return fmt.Errorf("%w: centre_fingerprint: %w", ErrConfig, err)
	}
	return nil
}
