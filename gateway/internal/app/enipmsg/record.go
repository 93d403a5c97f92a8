package enipmsg

import (
	"bytes"
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "enip" of EVE records.
type Record struct {
	Request  *Message `json:"request,omitempty"`
	Response *Message `json:"response,omitempty"`
}

// Message is a question or an answer.
type Message struct {
	Command  string    `json:"command"`
	Status   string    `json:"status"`
	Register *Register `json:"register_session,omitempty"`
	Services *Services `json:"list_services,omitempty"`
	Identity *Identity `json:"identity,omitempty"`
	CIP      *CIP      `json:"cip,omitempty"`
}

// Register opens a session.
type Register struct {
	Version uint16 `json:"protocol_version"`
	Options uint16 `json:"options"`
}

// Services of a device.
type Services struct {
	Version      uint16 `json:"protocol_version"`
	Capabilities uint16 `json:"capabilities"`
	Name         string `json:"service_name"`
}

// Identity of a device.
type Identity struct {
	Version  uint16 `json:"protocol_version"`
	Revision string `json:"revision"`
	Vendor   string `json:"vendor_id"`
	Device   string `json:"device_type"`
	Product  uint16 `json:"product_code"`
	Status   uint16 `json:"status"`
	Serial   uint32 `json:"serial"`
	Name     string `json:"product_name"`
	State    uint8  `json:"state"`
}

// CIP is a message of CIP.
type CIP struct {
	Service  string    `json:"service"`
	Path     []Segment `json:"path,omitempty"`
	Class    string    `json:"class_name,omitempty"`
	Status   string    `json:"status,omitempty"`
	Extended string    `json:"status_extended,omitempty"`
	Multiple []CIP     `json:"multiple,omitempty"`
}

// Segment of a path.
type Segment struct {
	Kind  string `json:"segment_type"`
	Value uint32 `json:"value"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	x := &turn.Of[exchange](tx).Data
	return []app.Field{{Name: "enip", Value: Record{x.sides[app.ToServer].record(), x.sides[app.ToClient].record()}}}
}

func (m *message) record() *Message {
	if m == nil {
		return nil
	}
	r := &Message{Command: named(commandNames, m.command), Status: named(statusNames, m.status)}
	switch {
	case m.register:
		r.Register = &Register{m.version, m.options}
	case m.service != nil:
		name, _, _ := bytes.Cut(m.service, []byte{0})
		r.Services = &Services{m.version, m.capabilities, octets.Text(name)}
	}
	if d := m.identity; d != nil {
		r.Identity = &Identity{d.version, fmt.Sprintf("%d.%d", d.major, d.minor), named(vendorNames, d.vendor), named(deviceNames, d.device),
			d.product, d.status, d.serial, octets.Text(d.name), d.state}
	}
	if m.cip != nil {
		c := m.cip.record()
		r.CIP = &c
	}
	return r
}

func (m *cip) record() CIP {
	r := CIP{Service: named(serviceNames, m.service)}
	if m.response {
		r.Status = named(cipStatusNames, m.status)
		if len(m.extended) > 0 {
			r.Extended = fmt.Sprintf("0x%x", m.extended[0])
		}
	}
	for _, s := range m.path {
		r.Path = append(r.Path, Segment{s.kind, s.value})
	}
	if class, ok := m.get("class"); ok {
		r.Class = named(classNames, class)
	}
	for i := range m.multiple {
		r.Multiple = append(r.Multiple, m.multiple[i].record())
	}
	return r
}

func named[N ~uint8 | ~uint16 | ~uint32](names map[N]string, n N) string {
	if s, ok := names[n]; ok {
		return s
	}
	return fmt.Sprintf("unknown-%d", n)
}

var (
	commandNames = map[uint16]string{cmdNOP: "nop", cmdListServices: "list_services", cmdListIdentity: "list_identity", cmdListInterfaces: "list_interfaces",
		cmdRegisterSession: "register_session", cmdUnregister: "unregister_session", cmdSendRRData: "send_rr_data", cmdSendUnitData: "send_unit_data",
		cmdIndicateStatus: "indicate_status", cmdCancel: "cancel"}
	// statusNames of volume 2 section 2-3.5.
	statusNames = map[uint32]string{0: "success", 1: "invalid_cmd", 2: "no_resources", 3: "incorrect_data", 0x64: "invalid_session", 0x65: "invalid_length",
		0x69: "unsupported_protocol"}
	// serviceNames of volume 1 appendix A.
	serviceNames = map[uint8]string{0: "Reserved", 1: "Get Attributes All", 2: "Set Attributes All", 3: "Get Attribute List", 4: "Set Attribute List", 5: "Reset",
		6: "Start", 7: "Stop", 8: "Create", 9: "Delete", 10: "Multiple Service Packet", 13: "Apply Attributes", 14: "Get Attribute Single",
		16: "Set Attribute Single", 17: "Find Next", 21: "Restore", 22: "Save", 23: "Nop", 24: "Get Member", 25: "Set Member", 26: "Insert Member",
		27: "Remove Member", 28: "Group Sync"}
	// cipStatusNames of volume 1 appendix B.
	cipStatusNames = map[uint8]string{0: "success", 1: "connection_failure", 2: "resource_unavailable", 3: "invalid_parameter_value", 4: "path_segment_error",
		5: "path_destination_unknown", 6: "partial_transfer", 7: "connection_lost", 8: "service_not_supported", 9: "invalid_attribute_value",
		10: "attribute_list_error", 11: "already_in_requested_mode", 12: "object_state_conflict", 13: "object_already_exists", 14: "attribute_not_settable",
		15: "privilege_violation", 16: "device_state_conflict", 17: "reply_data_too_large", 19: "not_enough_data", 20: "attribute_not_supported",
		21: "too_much_data", 22: "object_does_not_exist", 30: "embedded_service_error"}
	// classNames of volume 1 chapter 5.
	classNames = map[uint32]string{1: "Identity", 2: "Message Router", 3: "DeviceNet", 4: "Assembly", 5: "Connection", 6: "Connection Manager", 7: "Register",
		8: "Discrete Input Point", 9: "Discrete Output Point", 10: "Analog Input Point", 11: "Analog Output Point", 15: "Parameter",
		0x37: "File", 0x47: "Device Level Ring", 0x48: "QoS", 0x6b: "Symbol", 0x6c: "Template", 0x8b: "Wall Clock Time", 0x8e: "Controller", 0xf4: "Port", 0xf5: "TCP IP Interface",
		0xf6: "EtherNet Link"}
	vendorNames = map[uint16]string{1: "Rockwell Automation/Allen-Bradley", 40: "WAGO Corporation", 47: "Omron Corporation", 243: "Schneider Electric",
		283: "Hilscher GmbH", 356: "Fanuc Robotics America", 367: "Keyence Corporation", 772: "Panasonic"}
	deviceNames = map[uint16]string{0: "Generic Device", 2: "AC Drive", 7: "General Purpose Discrete I/O", 12: "Communications Adapter",
		14: "Programmable Logic Controller", 24: "Human-Machine Interface", 43: "Generic Device (keyable)", 44: "Managed Ethernet Switch"}
)
