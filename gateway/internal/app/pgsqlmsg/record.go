package pgsqlmsg

import (
	"fmt"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/octets"
	"otasuke/gateway/internal/app/turn"
)

// object is a JSON object whose members depend on the message.
type object = map[string]any

type recorder struct{}

// Record implements [app.Recorder]. Passwords are left out.
func (recorder) Record(tx *app.Tx) []app.Field {
	x := &turn.Of[exchange](tx).Data
	o := object{"tx_id": tx.ID + 1}
	if q := x.request.record(); len(q) > 0 {
		o["request"] = q
	}
	if r := x.response.record(); len(r) > 0 {
		o["response"] = r
	}
	return []app.Field{{Name: "pgsql", Value: o}}
}

func (q *request) record() object {
	text := octets.Text
	o := object{}
	switch q.kind {
	case reqStartup:
		o["protocol_version"] = fmt.Sprintf("%d.%d", q.version>>16, q.version&0xffff)
		start := object{}
		var more []object
		for _, p := range q.params {
			if name := text(p[0]); name == "user" {
				start[name] = text(p[1])
			} else {
				more = append(more, object{name: text(p[1])})
			}
		}
		if more != nil {
			start["optional_parameters"] = more
		}
		o["startup_parameters"] = start
	case reqSSL:
		o["message"] = "SSL Request"
	case reqCancel:
		o["message"], o["process_id"], o["secret_key"] = "cancel_request", q.pid, q.key
	case reqPassword:
		o["password_redacted"] = true
	case reqSASLFirst:
		o["sasl_authentication_mechanism"], o["sasl_param"] = text(q.mechanism), text(q.text)
	case reqSASL:
		o["sasl_response"] = text(q.text)
	case reqQuery:
		o["simple_query"] = text(q.text)
	case reqTerminate:
		o["message"] = "terminate"
	}
	if q.copies > 0 {
		o["copy_data_in"] = object{"msg_count": q.copies, "data_size": q.copied}
	}
	return o
}

func (r *response) record() object {
	text := octets.Text
	o := object{}
	if r.ssl != nil {
		o["ssl_accepted"] = *r.ssl
	}
	if r.hasAuth {
		r.authRecord(o)
	}
	var params []object
	for _, p := range r.params {
		params = append(params, object{text(p[0]): text(p[1])})
	}
	if params != nil {
		o["parameter_status"] = params
	}
	if r.hasKey {
		o["process_id"], o["secret_key"] = r.pid, r.key
	}
	if r.fields > 0 {
		o["field_count"] = r.fields
	}
	switch {
	case r.copyOut > 0:
		o["copy_out_response"] = object{"columns": r.copyOut}
		o["copy_data_out"] = object{"row_count": r.rows, "data_size": r.size}
	case r.rows > 0:
		o["data_rows"], o["data_size"] = r.rows, r.size
	}
	if r.copyIn > 0 {
		o["copy_in_response"] = object{"columns": r.copyIn}
	}
	if r.completed != nil {
		o["command_completed"] = text(r.completed)
	}
	for kind, name := range map[byte]string{'S': "severity_localizable", 'V': "severity_non_localizable", 'C': "code", 'M': "message", 'F': "file", 'L': "line", 'R': "routine"} {
		if v, ok := r.notice[kind]; ok {
			o[name] = text(v)
		}
	}
	return o
}

// authRecord adds what the server says about who the client is.
func (r *response) authRecord(o object) {
	switch r.auth {
	case authOK:
		o["message"] = "authentication_ok"
	case authCleartext:
		o["message"] = "authentication_cleartext_password"
	case authMD5:
		o["authentication_md5_password"] = octets.Text(r.salt)
	case authSASL:
		o["message"] = "authentication_sasl"
	case authContinue:
		o["message"] = "authentication_sasl_continue"
	case authFinal:
		o["authentication_sasl_final"] = octets.Text(r.final)
	}
}
