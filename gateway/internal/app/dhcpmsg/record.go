package dhcpmsg

import (
	"net/netip"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "dhcp" of EVE records.
type Record struct {
	Type        string   `json:"type"`
	ID          uint32   `json:"id"`
	ClientMAC   string   `json:"client_mac"`
	AssignedIP  string   `json:"assigned_ip"`
	ClientIP    string   `json:"client_ip,omitempty"`
	RelayIP     string   `json:"relay_ip,omitempty"`
	NextIP      string   `json:"next_server_ip,omitempty"`
	DHCPType    string   `json:"dhcp_type,omitempty"`
	Hostname    string   `json:"hostname,omitempty"`
	ClientID    string   `json:"client_id,omitempty"`
	Lease       *uint32  `json:"lease_time,omitempty"`
	Rebinding   *uint32  `json:"rebinding_time,omitempty"`
	Renewal     *uint32  `json:"renewal_time,omitempty"`
	SubnetMask  string   `json:"subnet_mask,omitempty"`
	RequestedIP string   `json:"requested_ip,omitempty"`
	Params      []string `json:"params,omitempty"`
	DNS         []string `json:"dns_servers,omitempty"`
	Routers     []string `json:"routers,omitempty"`
	VendorClass string   `json:"vendor_class_identifier,omitempty"`
}

// typeNames of RFC 2132 section 9.6.
var typeNames = [...]string{1: "discover", 2: "offer", 3: "request", 4: "decline", typeACK: "ack", 6: "nak", 7: "release", 8: "inform"}

// paramNames of options that are asked for.
var paramNames = map[byte]string{optSubnetMask: "subnet_mask", optRouters: "router", optDNS: "dns_server", 15: "domain", 35: "arp_timeout",
	42: "ntp_server", 66: "tftp_server_name", 150: "tftp_server_ip"}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	m := &turn.Of[message](tx).Data
	r := &Record{Type: "<unknown>", ID: m.id, ClientMAC: mac(m.hw[:min(m.hwLen, 16)]), AssignedIP: ip(m.your[:])}
	switch m.op {
	case 1:
		r.Type = "request"
	case 2:
		r.Type = "reply"
	}
	if m.extended {
		r.ClientIP = ip(m.client[:])
		if m.op == 2 {
			r.RelayIP, r.NextIP = ip(m.relay[:]), ip(m.next[:])
		}
	}
	for i := range m.options {
		r.option(&m.options[i])
		if m.extended {
			r.extended(&m.options[i])
		}
	}
	return []app.Field{{Name: "dhcp", Value: r}}
}

// mac writes a hardware address.
func mac(b []byte) string {
	const hex = "0123456789abcdef"
	var out []byte
	for i, c := range b {
		if i > 0 {
			out = append(out, ':')
		}
		out = append(out, hex[c>>4], hex[c&15])
	}
	return string(out)
}

func ip(b []byte) string {
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return ""
	}
	return a.String()
}

func ips(b []byte) (out []string) {
	for ; len(b) >= 4; b = b[4:] {
		out = append(out, ip(b[:4]))
	}
	return out
}

// option adds what every record has.
func (r *Record) option(o *option) {
	switch o.code {
	case optType:
		if len(o.data) == 1 {
			r.DHCPType = "unknown"
			if n := int(o.data[0]); n > 0 && n < len(typeNames) {
				r.DHCPType = typeNames[n]
			}
		}
	case optHostname:
		r.Hostname = octets.Text(o.data)
	case optClientID:
		switch o.data[0] {
		case 1:
			r.ClientID = mac(o.data[1:])
		case 0:
			r.ClientID = octets.Text(o.data[1:])
		}
	}
}

// extended adds the rest.
func (r *Record) extended(o *option) {
	seconds := o.seconds()
	switch o.code {
	case optLease:
		r.Lease = &seconds
	case optRebinding:
		r.Rebinding = &seconds
	case optRenewal:
		r.Renewal = &seconds
	case optSubnetMask:
		r.SubnetMask = ip(o.data)
	case optRequestedIP:
		r.RequestedIP = ip(o.data)
	case optDNS:
		r.DNS = ips(o.data)
	case optRouters:
		r.Routers = ips(o.data)
	case optVendorClass:
		r.VendorClass = octets.Text(o.data)
	case optParams:
		for _, p := range o.data {
			if s, ok := paramNames[p]; ok {
				r.Params = append(r.Params, s)
			}
		}
	}
}
