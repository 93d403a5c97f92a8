package dcerpc

import (
	"fmt"

	"otasuke/gateway/internal/app"
)

// Record is the member "dcerpc" of EVE records.
type Record struct {
	Request      string            `json:"request"`
	Interfaces   []InterfaceRecord `json:"interfaces,omitempty"`
	Req          *Part             `json:"req,omitempty"`
	Response     string            `json:"response"`
	Res          *Part             `json:"res,omitempty"`
	ActivityUUID string            `json:"activityuuid,omitempty"`
	SeqNum       *uint32           `json:"seqnum,omitempty"`
	CallID       *uint32           `json:"call_id,omitempty"`
	RPCVersion   string            `json:"rpc_version"`
}

// Part is one direction of a call.
type Part struct {
	Opnum        *uint16 `json:"opnum,omitempty"`
	FragCnt      int     `json:"frag_cnt"`
	StubDataSize int     `json:"stub_data_size"`
}

// InterfaceRecord is an interface.
type InterfaceRecord struct {
	UUID      string  `json:"uuid"`
	Version   string  `json:"version"`
	AckResult *uint16 `json:"ack_result,omitempty"`
	AckReason *uint16 `json:"ack_reason,omitempty"`
}

// InterfaceRecords are the interfaces of a call; reason tells that the server's reasons
// are shown as well.
func (c *Call) InterfaceRecords(reason bool) (list []InterfaceRecord) {
	for _, i := range c.Interfaces {
		r := InterfaceRecord{UUID: i.UUID.String(), Version: fmt.Sprintf("%d.%d", i.Major, i.Minor)}
		if i.Answered() {
			r.AckResult = &i.Result
			if reason {
				r.AckReason = &i.Reason
			}
		}
		list = append(list, r)
	}
	return list
}

// RequestName and ResponseName are the types of both directions in the words of EVE
// records.
func (c *Call) RequestName() string {
	if !c.Asked {
		return "REQUEST_LOST"
	}
	return TypeName(c.Req)
}

// ResponseName is the type of the answer.
func (c *Call) ResponseName() string {
	if !c.Answered {
		return "UNREPLIED"
	}
	return TypeName(c.Resp)
}

func (c *Call) record() Record {
	r := Record{
		Request: c.RequestName(), Response: c.ResponseName(), CallID: new(c.ID), RPCVersion: "5.0",
		Interfaces: c.InterfaceRecords(false),
	}
	if c.Asked && c.Req == Request {
		opnum := c.Opnum
		r.Req = &Part{Opnum: &opnum, FragCnt: c.Frags[app.ToServer], StubDataSize: c.Size[app.ToServer]}
	}
	if c.Answered && c.Resp == Response {
		r.Res = &Part{FragCnt: c.Frags[app.ToClient], StubDataSize: c.Size[app.ToClient]}
	}
	return r
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	switch c := tx.User.(type) {
	case *Call:
		return []app.Field{{Name: "dcerpc", Value: c.record()}}
	case *datagramCall:
		r := c.record()
		r.CallID, r.RPCVersion, r.SeqNum, r.ActivityUUID = nil, "4.0", new(c.seq), c.id.String()
		return []app.Field{{Name: "dcerpc", Value: r}}
	}
	return nil
}
