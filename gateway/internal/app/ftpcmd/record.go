package ftpcmd

import "otasuke/gateway/internal/app"

// Record is the member "ftp" of EVE records.
type Record struct {
	Command          string   `json:"command,omitempty"`
	CommandData      string   `json:"command_data,omitempty"`
	CommandTruncated *bool    `json:"command_truncated,omitempty"`
	CompletionCode   []string `json:"completion_code,omitempty"`
	Reply            []string `json:"reply,omitempty"`
	ReplyTruncated   bool     `json:"reply_truncated"`
	DynamicPort      uint16   `json:"dynamic_port,omitempty"`
	Mode             string   `json:"mode,omitempty"`
	ReplyReceived    string   `json:"reply_received"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	t := tx.User.(*transaction)
	r := Record{
		CompletionCode: append([]string(nil), t.codes...), Reply: append([]string(nil), t.replies...),
		ReplyTruncated: t.cutReply, ReplyReceived: "no",
	}
	if t.command != nil {
		r.Command, r.CommandData = t.command.name, string(t.data)
	}
	if t.has {
		r.CommandTruncated = new(t.truncated)
	}
	if t.replied {
		r.ReplyReceived = "yes"
	}
	if t.port != 0 {
		r.DynamicPort, r.Mode = t.port, "passive"
		if t.active {
			r.Mode = "active"
		}
	}
	return []app.Field{{Name: "ftp", Value: r}}
}
