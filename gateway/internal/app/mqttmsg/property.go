package mqttmsg

import (
	"otasuke/gateway/internal/app/octets"
)

// property of MQTT 5.0 (section 2.2.2.2).
type property struct {
	name string
	text []byte // nil when it is a number
	n    uint32
}

// Kinds of properties' values.
const (
	u8 = iota + 1
	u16
	u32
	varint
	text
	pair
)

type propertyKind struct {
	name string
	kind uint8
}

var propertyKinds = map[uint8]propertyKind{
	1: {"payload_format_indicator", u8}, 2: {"message_expiry_interval", u32}, 3: {"content_type", text}, 8: {"response_topic", text},
	9: {"correlation_data", text}, 11: {"subscription_identifier", varint}, 17: {"session_expiry_interval", u32},
	18: {"assigned_client_identifier", text}, 19: {"server_keep_alive", u16}, 21: {"authentication_method", text},
	22: {"authentication_data", text}, 23: {"request_problem_information", u8}, 24: {"will_delay_interval", u32},
	25: {"request_response_information", u8}, 26: {"response_information", text}, 28: {"server_reference", text}, 31: {"reason_string", text},
	33: {"receive_maximum", u16}, 34: {"topic_alias_maximum", u16}, 35: {"topic_alias", u16}, 36: {"maximum_qos", u8},
	37: {"retain_available", u8}, 38: {"", pair}, 39: {"maximum_packet_size", u32}, 40: {"wildcard_subscription_available", u8},
	41: {"subscription_identifiers_available", u8}, 42: {"shared_subscription_available", u8},
}

func propsIf(v5 bool, c *octets.Cursor) []property {
	if !v5 {
		return nil
	}
	return properties(c)
}

// properties takes a length and as many bytes of properties.
func properties(c *octets.Cursor) []property {
	in := c.Sub(int(number(c)))
	var list []property
	for in.Len() > 0 {
		k, ok := propertyKinds[in.U8()]
		if !ok {
			in.Fail()
			break
		}
		p := property{name: k.name}
		switch k.kind {
		case u8:
			p.n = uint32(in.U8())
		case u16:
			p.n = uint32(in.U16())
		case u32:
			p.n = in.U32()
		case varint:
			p.n = number(&in)
		case text:
			p.text = str(&in)
		case pair:
			p.name, p.text = valid(str(&in)), str(&in)
		}
		list = append(list, p)
	}
	if !in.OK() {
		c.Fail()
	}
	return list
}

// number takes a variable byte integer (section 1.5.5).
func number(c *octets.Cursor) (n uint32) {
	for i := range 4 {
		b := c.U8()
		n |= uint32(b&0x7f) << (7 * i)
		if b&0x80 == 0 {
			return n
		}
	}
	c.Fail()
	return 0
}
