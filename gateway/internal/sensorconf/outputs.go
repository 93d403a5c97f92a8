package sensorconf

import (
	"strings"

	"otasuke/gateway/internal/app/dnsmsg"
	"otasuke/gateway/internal/engine"
	"otasuke/gateway/internal/evelog"
	"otasuke/gateway/internal/yamlconf"
	"otasuke/rule"
)

// sensorVersion is the version of the sensor whose records ours are like.
const sensorVersion = "8.0.6"

// records sets what records tell.
func (s *Settings) records(c *engine.Config) {
	e := &c.EVE
	*e = evelog.Config{Number: true, Flow: true, KeepZero: true, DecoderEvents: true}
	e.Anomaly = evelog.AnomalyConfig{Decode: true, Stream: true, App: true}
	if log := s.log; log.Exists() {
		e.Ethernet = log.At("ethernet").Bool(false)
		e.CommunityID, e.Seed = log.At("community-id").Bool(false), uint16(log.At("community-id-seed").Size(0))
		e.NoMetadata = !log.At("metadata").Bool(true)
		if log.At("pcap-file").Bool(false) {
			e.File = "yes"
		}
		if log.At("suricata-version").Bool(false) {
			e.Version = sensorVersion
		}
		s.anomalies(e)
	}
	s.alerts(&e.Alert)
	s.readers(c)
	e.ARP, e.Metadata, e.Frames = s.types["arp"] != nil, s.types["metadata"] != nil, s.types["frame"] != nil
	drop := s.types["drop"]
	e.Drop = evelog.DropConfig{On: drop != nil, Alerts: drop.At("alerts").Bool(false), Verdict: drop.At("verdict").Bool(false), All: drop.At("flows").String("start") == "all"}
	e.Netflow = s.types["netflow"] != nil
	stats := s.conf.At("stats")
	e.KeepZero = s.option("stats", "null-values").Bool(true) && s.option("stats", "zero-valued-counters").Bool(stats.At("zero-valued-counters").Bool(true))
	e.DecoderEvents = stats.At("decoder-events").Bool(true)
	c.Midstream = s.midstream(c.Inline)
}

// readers sets what the protocols' records tell.
func (s *Settings) readers(c *engine.Config) {
	dns := s.types["dns"]
	c.Readers.DNS = dnsmsg.Log{Version: int(dns.At("version").Size(s.conf.At("eve-dns-version").Size(0))), NoRequests: !dns.At("requests").Bool(dns.At("query").Bool(true)),
		NoResponses: !dns.At("responses").Bool(dns.At("answer").Bool(true))}
	if formats := dns.At("formats"); len(formats.List()) > 0 {
		c.Readers.DNS.NoDetailed, c.Readers.DNS.NoGrouped = !formats.At("detailed").Exists(), !formats.At("grouped").Exists()
	}
	for _, t := range dns.At("types").List() {
		if n, ok := dnsTypes[strings.ToLower(t.String(""))]; ok {
			c.Readers.DNS.Types = append(c.Readers.DNS.Types, n)
		}
	}
	c.Readers.DHCP.Extended = s.option("dhcp", "extended").Bool(false)
	c.Readers.MQTT.MaxLog = int(s.option("mqtt", "string-log-limit").Size(0))
	c.Readers.MQTT.HidePasswords = !s.option("mqtt", "passwords").Bool(true)
	c.Readers.MQTT.MaxMessage = int(s.conf.At("app-layer.protocols.mqtt.max-msg-length").Size(0))
	for _, h := range s.option("smtp", "custom").List() {
		c.Readers.SMTP.Headers = append(c.Readers.SMTP.Headers, strings.ToLower(h.String("")))
	}
	if custom := s.option("tls", "custom").List(); len(custom) > 0 {
		tls := &c.Readers.TLS
		tls.Only = map[string]bool{}
		for _, name := range custom {
			tls.Only[strings.ToLower(name.String(""))] = true
		}
		tls.Certificate, tls.Chain, tls.Client = tls.Only["certificate"], tls.Only["chain"], tls.Only["client"]
		tls.Handshakes = tls.Only["client_handshake"] || tls.Only["server_handshake"]
	}
	dump := s.option("http", "dump-all-headers").String("")
	c.Readers.HTTP.DumpHeaders = dump == "both" || dump == "request" || dump == "response"
	c.AnyLevel = !s.conf.At("decoder.recursion-level.use-for-tracking").Bool(true)
}

// dnsTypes are the names of record types (the registry of DNS parameters).
var dnsTypes = map[string]uint16{"a": 1, "ns": 2, "cname": 5, "soa": 6, "null": 10, "ptr": 12, "hinfo": 13, "mx": 15, "txt": 16, "aaaa": 28, "srv": 33,
	"naptr": 35, "ds": 43, "sshfp": 44, "rrsig": 46, "nsec": 47, "dnskey": 48, "nsec3": 50, "tlsa": 52, "svcb": 64, "https": 65, "spf": 99, "any": 255, "caa": 257}

// anomalies reads which of them are wanted: without types none but those of applications
// that a configuration has by itself.
func (s *Settings) anomalies(e *evelog.Config) {
	opt := s.types["anomaly"]
	if opt == nil {
		e.Anomaly = evelog.AnomalyConfig{}
		return
	}
	types := opt.At("types")
	if !types.Exists() {
		e.Anomaly = evelog.AnomalyConfig{App: true}
		return
	}
	e.Anomaly = evelog.AnomalyConfig{Decode: types.At("decode").Bool(false), Stream: types.At("stream").Bool(false), App: types.At("applayer").Bool(false)}
}

// alerts reads what they carry.
func (s *Settings) alerts(a *evelog.AlertConfig) {
	opt := s.types["alert"]
	*a = evelog.AlertConfig{
		Payload: encoded(opt.At("payload")), PayloadPrintable: opt.At("payload-printable").Bool(false), PayloadLength: opt.At("payload-length").Bool(false),
		Packet: opt.At("packet").Bool(false), Verdict: opt.At("verdict").Bool(false), References: opt.At("metadata.rule.reference").Bool(opt.At("reference").Bool(false)),
		HTTPBody: opt.At("http-body").Bool(false), HTTPBodyPrintable: opt.At("http-body-printable").Bool(false), Tagged: opt.At("tagged-packets").Bool(false),
		RuleText: opt.At("metadata.rule.raw").Bool(false), PayloadBuffer: int(opt.At("payload-buffer-size").Size(0)),
	}
	xff := opt.At("xff")
	if !xff.At("enabled").Bool(false) {
		xff = s.log.At("xff")
	}
	a.XFF = evelog.XFFConfig{
		On: xff.At("enabled").Bool(false), Overwrite: xff.At("mode").String("") == "overwrite",
		Forward: xff.At("deployment").String("") == "forward", Header: xff.At("header").String(""),
	}
	switch m := opt.At("metadata"); {
	case m.String("") != "" && !m.Bool(true):
		a.NoApp, a.NoFlow, a.NoRule = true, true, true
	case len(m.Keys()) > 0:
		a.NoApp, a.NoFlow = !m.At("app-layer").Bool(true), !m.At("flow").Bool(true)
		if r := m.At("rule"); len(r.Keys()) > 0 {
			a.NoRule = !r.At("metadata").Bool(true)
		} else {
			a.NoRule = !r.Bool(true)
		}
	}
}

// encoded reads a switch that may also name how bytes are written.
func encoded(c *yamlconf.Conf) bool { return c.String("") == "base64" || c.Bool(false) }

// policies by their names in a configuration.
var policies = map[string]evelog.Policy{
	"ignore": evelog.PolicyIgnore, "drop-flow": evelog.PolicyDropFlow, "drop-packet": evelog.PolicyDropPacket, "reject": evelog.PolicyReject,
	"bypass": evelog.PolicyBypass, "pass-flow": evelog.PolicyPassFlow, "pass-packet": evelog.PolicyPassPacket,
}

// midstream reads what happens to connections whose beginning was not seen. Without a
// configuration it is what the sensors' own says: inline they do not pass.
func (s *Settings) midstream(inline bool) evelog.Policy {
	master := s.conf.At("exception-policy").String("")
	name := s.conf.At("stream.midstream-policy").String(master)
	enabled := s.conf.At("stream.midstream").Bool(false)
	if name == "auto" {
		if name = "ignore"; inline && !enabled {
			name = "drop-flow"
		}
	} else if name == master && enabled {
		name = "ignore" // what counts for everything else would contradict it
	}
	if p := policies[name]; inline || p != evelog.PolicyDropFlow && p != evelog.PolicyDropPacket && p != evelog.PolicyReject {
		return p
	}
	return evelog.PolicyIgnore
}

// Skipped counts the rules that ask for something that is not here.
func Skipped(refused []rule.Refusal) (n int) {
	for _, r := range refused {
		if strings.Contains(r.Keyword, "requires") {
			n++
		}
	}
	return n
}

// Order are the actions in the order in which the configuration wants rules tried.
func (s *Settings) Order() (order []rule.Action) {
	names := map[string]rule.Action{"pass": rule.Pass, "drop": rule.Drop, "reject": rule.Reject, "alert": rule.Alert}
	for _, c := range s.conf.At("action-order").List() {
		if a, ok := names[c.String("")]; ok {
			order = append(order, a)
		}
	}
	return order
}

// hashes reads which digests all files get. A store of files names them by their SHA-256.
func (s *Settings) hashes(files *yamlconf.Conf) (h [3]bool) {
	for i, name := range [...]string{"md5", "sha1", "sha256"} {
		h[i] = files.At("force-hash").At(name).Bool(false)
	}
	for _, out := range s.conf.At("outputs").List() {
		if store := out.At("file-store"); store.Exists() && store.At("enabled").Bool(false) {
			h[2] = true
		}
	}
	return h
}
