package popcmd

import "otasuke/gateway/internal/app"

// Record is the member "pop3" of EVE records.
type Record struct {
	Request  *Request  `json:"request,omitempty"`
	Response *Response `json:"response,omitempty"`
}

// Request is a command.
type Request struct {
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

// Response is its reply.
type Response struct {
	Success bool     `json:"success"`
	Status  string   `json:"status"`
	Header  string   `json:"header,omitempty"`
	Data    []string `json:"data"`
}

type recorder struct{}

// Record implements [app.Recorder].
func (recorder) Record(tx *app.Tx) []app.Field {
	t := tx.User.(*transaction)
	var r Record
	if !t.greeting {
		r.Request = &Request{Command: t.command, Args: append([]string{}, t.args...)}
	}
	if t.status != "" {
		r.Response = &Response{
			Success: t.status == "OK", Status: t.status, Header: t.header, Data: append([]string{}, t.data...),
		}
	}
	return []app.Field{{Name: "pop3", Value: r}}
}
