package dnsmsg

import "strings"

// multicastRecord is the "mdns" part of an EVE record. Values of records stand under
// their type's name.
func (m *Message) multicastRecord() any {
	kind := "request"
	if m.Response() {
		kind = "response"
	}
	r := map[string]any{"type": kind, "id": m.ID}
	if flags := m.flagNames(); len(flags) > 0 {
		r["flags"] = flags
	}
	if n := m.Opcode(); n > 0 {
		r["opcode"] = n
	}
	if n := m.RCode(); n > 0 {
		r["rcode"] = n
	}
	var queries []question
	for _, q := range m.questions() {
		q.RRType = strings.ToLower(q.RRType)
		queries = append(queries, q)
	}
	if queries != nil {
		r["queries"] = queries
	}
	for name, records := range map[string][]Record{"answers": m.Answers, "authorities": m.Authorities, "additionals": m.Additional} {
		if len(records) > 0 {
			r[name] = m.multicastAnswers(records)
		}
	}
	return r
}

func (m *Message) multicastAnswers(records []Record) (out []map[string]any) {
	for i := range records {
		r := &records[i]
		a := map[string]any{"rrname": text(m.Bytes(r.Name))}
		if r.Name.Truncated {
			a["rrname_truncated"] = true
		}
		if v := m.multicastValue(r); v != nil {
			a[strings.ToLower(typeName(r.Type))] = v
		}
		out = append(out, a)
	}
	return out
}

func (m *Message) multicastValue(r *Record) any {
	switch r.Type {
	case TypeTXT:
		list := []string{}
		for _, s := range texts(m.Data(r)) {
			list = append(list, text(s))
		}
		return list
	case TypeOPT:
		return nil
	}
	return m.value(r)
}

func (m *Message) flagNames() (out []string) {
	for _, f := range []struct {
		bit  uint16
		name string
	}{{FlagAA, "aa"}, {FlagTC, "tc"}, {FlagRD, "rd"}, {FlagRA, "ra"}, {FlagZ, "z"}} {
		if m.Flags&f.bit != 0 {
			out = append(out, f.name)
		}
	}
	return out
}
