package krb5msg

import "otasuke/gateway/internal/app/ber"

// maxNames parts of a name are read: names have two or three.
const maxNames = 64

// generalString is the universal tag of KerberosString (RFC 4120 section 5.2.1).
const generalString = 0x1b

// kdcReq reads AS-REQ or TGS-REQ (section 5.4.1).
func kdcReq(b []byte, kind int64) (a message, ok bool) {
	seq := ber.New(b).In(byte(kind) | 0x60).In(ber.Sequence)
	fieldInt(seq, 1)
	fieldInt(seq, 2)
	seq.Optional(ber.Context(3, true))
	body := seq.In(ber.Context(4, true)).In(ber.Sequence)
	body.Take(ber.Context(0, true))
	a.kind = kind
	if body.Tag() == ber.Context(1, true) {
		a.cname = fieldName(body, 1)
	}
	a.realm = body.In(ber.Context(2, true)).Take(generalString)
	if body.Tag() == ber.Context(3, true) {
		a.sname = fieldName(body, 3)
	}
	return a, body.Err() == nil && a.realm != nil
}

// kdcRep reads AS-REP or TGS-REP (section 5.4.2).
func kdcRep(b []byte, kind int64) (a message, ok bool) {
	r := ber.New(b)
	app := r.In(byte(kind) | 0x60)
	seq := app.In(ber.Sequence)
	fieldInt(seq, 0)
	fieldInt(seq, 1)
	seq.Optional(ber.Context(2, true))
	a.kind = kind
	a.realm = seq.In(ber.Context(3, true)).Take(generalString)
	a.cname = fieldName(seq, 4)
	ticket := seq.In(ber.Context(5, true)).In(0x61).In(ber.Sequence)
	fieldInt(ticket, 0)
	ticket.Take(ber.Context(1, true))
	a.sname = fieldName(ticket, 2)
	a.ticket = encrypted(ticket, 3)
	a.etype = encrypted(seq, 6)
	return a, seq.Err() == nil && ticket.Err() == nil && a.realm != nil
}

// krbErr reads KRB-ERROR (section 5.9.1).
func krbErr(b []byte) (a message, ok bool) {
	r := ber.New(b)
	seq := r.In(krbError | 0x60).In(ber.Sequence)
	fieldInt(seq, 0)
	fieldInt(seq, 1)
	seq.Optional(ber.Context(2, true))
	seq.Optional(ber.Context(3, true))
	seq.Take(ber.Context(4, true))
	fieldInt(seq, 5)
	a.kind = krbError
	a.code = fieldInt(seq, 6)
	if realm, there := seq.Optional(ber.Context(7, true)); there {
		a.realm = ber.New(realm).Take(generalString)
	}
	if seq.Tag() == ber.Context(8, true) {
		a.cname = fieldName(seq, 8)
	}
	seq.Take(ber.Context(9, true))
	a.sname = fieldName(seq, 10)
	return a, seq.Err() == nil
}

// fieldInt takes an integer in a tagged field.
func fieldInt(r *ber.Reader, n byte) int64 {
	in := r.In(ber.Context(n, true))
	v := in.Int(ber.Integer)
	r.Join(in)
	return v
}

// fieldName takes a principal's name (section 5.2.2); it is not nil when it is there.
func fieldName(r *ber.Reader, n byte) [][]byte {
	in := r.In(ber.Context(n, true)).In(ber.Sequence)
	fieldInt(in, 0)
	names := [][]byte{}
	parts := in.In(ber.Context(1, true)).In(ber.Sequence)
	for parts.More() && len(names) < maxNames {
		names = append(names, parts.Take(generalString))
	}
	in.Join(parts)
	r.Join(in)
	return names
}

// encrypted takes encrypted data (section 5.2.9) and returns its type.
func encrypted(r *ber.Reader, n byte) int64 {
	in := r.In(ber.Context(n, true)).In(ber.Sequence)
	etype := fieldInt(in, 0)
	in.Optional(ber.Context(1, true))
	in.Take(ber.Context(2, true))
	r.Join(in)
	return etype
}
