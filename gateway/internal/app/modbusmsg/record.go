package modbusmsg

import (
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// Record is the member "modbus" of EVE records.
type Record struct {
	ID       uint64   `json:"id"`
	Request  *Message `json:"request,omitempty"`
	Response *Message `json:"response,omitempty"`
}

// Message is a request or a response.
type Message struct {
	TransactionID uint16   `json:"transaction_id"`
	ProtocolID    uint16   `json:"protocol_id"`
	UnitID        uint8    `json:"unit_id"`
	FunctionRaw   uint8    `json:"function_raw"`
	FunctionCode  string   `json:"function_code"`
	AccessType    string   `json:"access_type"`
	Category      string   `json:"category"`
	ErrorFlags    string   `json:"error_flags"`
	Exception     *Named   `json:"exception,omitempty"`
	Diagnostic    *Named   `json:"diagnostic,omitempty"`
	MEI           *Named   `json:"mei,omitempty"`
	Read          *ReadOf  `json:"read,omitempty"`
	Write         *WriteOf `json:"write,omitempty"`
	Data          string   `json:"data,omitempty"`
}

// Named is a code with its name and what belongs to it.
type Named struct {
	Raw  uint64 `json:"raw"`
	Code string `json:"code"`
	Data string `json:"data,omitempty"`
}

// ReadOf says what is read.
type ReadOf struct {
	Address  *uint64 `json:"address,omitempty"`
	Quantity *uint64 `json:"quantity,omitempty"`
	Data     string  `json:"data,omitempty"`
}

// WriteOf says what is written.
type WriteOf struct {
	Address uint64  `json:"address"`
	Data    *uint64 `json:"data,omitempty"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	x := &turn.Of[exchange](tx).Data
	return []app.Field{{Name: "modbus", Value: Record{tx.ID + 1, x.sides[app.ToServer].record(), x.sides[app.ToClient].record()}}}
}

func (m *message) record() *Message {
	if m == nil {
		return nil
	}
	r := &Message{TransactionID: m.transaction, ProtocolID: m.protocol, UnitID: m.unit, FunctionRaw: m.function, FunctionCode: "Unknown",
		AccessType: accessName(m.access, m.table), Category: "PUBLIC_ASSIGNED", ErrorFlags: "NONE"}
	if s, ok := functionNames[m.function]; ok {
		r.FunctionCode = s
	} else {
		r.Category = "RESERVED"
	}
	if m.bad != "" {
		r.ErrorFlags = errorNames[m.bad]
	}
	data := octets.Text(m.data)
	switch {
	case m.exception != 0:
		r.Exception = &Named{Raw: uint64(m.exception), Code: exceptionNames[m.exception]}
	case m.function == fnDiagnostics:
		r.Diagnostic = &Named{m.sub, fmt.Sprint(m.sub), data}
	case m.function == fnMEI:
		r.MEI = &Named{m.sub, fmt.Sprint(m.sub), data}
	case m.access == None:
		r.Data = data
	default:
		m.memory(r, data)
	}
	return r
}

// memory adds what is read and written.
func (m *message) memory(r *Message, data string) {
	if m.access&Read != 0 {
		r.Read = &ReadOf{}
		if m.address != None {
			r.Read.Address, r.Read.Quantity = new(m.address), new(m.count)
		} else {
			r.Read.Data = data
		}
	}
	if m.writeAddress != None {
		r.Write = &WriteOf{Address: m.writeAddress}
		if len(m.data) == 2 {
			n := uint64(m.data[0])<<8 | uint64(m.data[1])
			r.Write.Data = &n
		}
	}
}

func accessName(access, table uint64) string {
	names := map[uint64]string{Discretes: "DISCRETES", Coils: "COILS", Inputs: "INPUT", Holding: "HOLDING"}
	kinds := map[uint64]string{Read: "READ | ", Write: "WRITE | ", Read | Write: "READ | WRITE | "}
	if access == None {
		return "NONE"
	}
	return kinds[access] + names[table]
}

var (
	functionNames = map[uint8]string{1: "RdCoils", 2: "RdDiscreteInputs", 3: "RdHoldRegs", 4: "RdInputRegs", 5: "WrSingleCoil", 6: "WrSingleReg", 7: "RdExcStatus",
		8: "Diagnostic", 9: "Program484", 10: "Poll484", 11: "GetCommEventCtr", 12: "GetCommEventLog", 13: "ProgramController", 14: "PollController",
		15: "WrMultCoils", 16: "WrMultRegs", 17: "ReportServerID", 18: "Program884", 19: "ResetCommLink", 20: "RdFileRec", 21: "WrFileRec", 22: "MaskWrReg",
		23: "RdWrMultRegs", 24: "RdFIFOQueue", 43: "MEI"}
	exceptionNames = map[uint8]string{1: "IllegalFunction", 2: "IllegalDataAddr", 3: "IllegalDataValue", 4: "ServerDeviceFail", 5: "Ack", 6: "ServerDeviceBusy",
		7: "NegAck", 8: "MemParityErr", 10: "GatewayPathUnavailable", 11: "GatewayTargetFailToResp"}
	errorNames = map[string]string{"invalid_function_code": "FUNC_CODE", "invalid_exception_code": "EXC_CODE", "invalid_length": "DATA_LENGTH", "invalid_value": "DATA_VALUE"}
)
