package measure

import (
	"encoding/binary"
	"slices"

	"otasuke/rule"
)

// Places of a message's numbers in the buffer modbus (package modbusmsg).
const (
	modbusUnit = iota
	modbusFunction
	modbusSub
	modbusAccess
	modbusTable
	modbusAddress
	modbusCount
	modbusNumbers
)

// Modbus compares a message of Modbus.
func Modbus(b []byte, m *rule.ModbusTest) bool {
	if len(b) < 8*modbusNumbers {
		return false
	}
	field := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[8*i:])) }
	fits := func(c *rule.Compare, i int) bool { return c == nil || field(i) >= 0 && c.Match(field(i)) }
	inside := func(r [2]int64) bool { return r[0] <= field(modbusFunction) && field(modbusFunction) <= r[1] }
	if !fits(m.Unit, modbusUnit) || !fits(m.Sub, modbusSub) || m.Functions != nil && !slices.ContainsFunc(m.Functions, inside) ||
		m.Access != 0 && field(modbusAccess) != m.Access || m.Table != 0 && field(modbusTable) != m.Table {
		return false
	}
	if m.Address == nil {
		return true
	}
	first, data := field(modbusAddress), b[8*modbusNumbers:]
	for i := range min(field(modbusCount), 2000) { // no message has more
		if first >= 0 && m.Address.Match(first+i) && (m.Value == nil || written(m.Value, data, i, field(modbusTable) == 2)) {
			return true
		}
	}
	return false
}

// written compares the i-th value of those that a message writes: registers, or coils.
func written(c *rule.Compare, data []byte, i int64, coils bool) bool {
	switch {
	case coils && len(data) == 2 && i == 0 && data[1] == 0 && (data[0] == 0xff || data[0] == 0): // one coil
		return c.Match(int64(data[0] & 1))
	case coils:
		return i/8 < int64(len(data)) && c.Match(int64(data[i/8]>>(i%8)&1))
	}
	return 2*i+2 <= int64(len(data)) && c.Match(int64(binary.BigEndian.Uint16(data[2*i:])))
}
