package knowledge

import (
	"slices"
	"strconv"
	"strings"

	"otasuke/centre/internal/alert"
	"otasuke/content/families"
	"otasuke/content/text"
	"otasuke/internal/ja"
)

// technical fills the block for a technician: the fields that such mails have
// always had, from the newest event, and one line for every event kept.
func (k *Knowledge) technical(x *Explained, a *alert.Alert, f *families.Family, t text.Texts) {
	add := func(key, value string) {
		if value != "" {
			x.Technical = append(x.Technical, Fact{Label: t.T(key), Value: value})
		}
	}
	var e alert.Evidence
	if len(a.Evidence) > 0 {
		e = a.Evidence[0]
	}
	at := e.Time
	if at.IsZero() {
		at = a.Last
	}
	add("alert.t_type", e.What)
	add("alert.t_id", a.ID)
	add("alert.t_time", ja.Technical(at))
	add("alert.t_verdict", verdict(t, a, e))
	add("alert.t_src", e.Src)
	add("alert.t_srcport", port(e.SrcPort))
	add("alert.t_dst", e.Dst)
	add("alert.t_dstport", port(e.DstPort))
	add("alert.t_proto", strings.Trim(e.Proto+" / "+e.App, " /"))
	add("alert.t_url", e.URL)
	add("alert.t_mitre", strings.Join(mitre(a, f), ", "))
	add("alert.t_device", strings.Trim(a.DeviceName+" / "+a.DeviceAddr, " /"))
	add("alert.t_box", a.BoxID)
	add("alert.t_family", a.Family)
	add("alert.t_count", ja.Number(a.Count))
	for _, e := range a.Evidence {
		x.Records = append(x.Records, Record{
			ID: e.EventID, Time: ja.Technical(e.Time), What: e.What, Verdict: verdict(t, a, e),
			Src: address(e.Src, e.SrcPort), Dst: address(e.Dst, e.DstPort), URL: e.URL,
		})
	}
}

func verdict(t text.Texts, a *alert.Alert, e alert.Evidence) string {
	blocked := e.Verdict == "blocked" || e.Verdict == "" && a.Blocked
	if blocked {
		return t.T("alert.blocked")
	}
	return t.T("alert.passed")
}

func port(p uint16) string {
	if p == 0 {
		return ""
	}
	return strconv.Itoa(int(p))
}

func address(host string, p uint16) string {
	if p == 0 {
		return host
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(p))
}

// mitre prefers what the rules said over what the family says in general.
func mitre(a *alert.Alert, f *families.Family) []string {
	var ids []string
	for _, e := range a.Evidence {
		ids = append(ids, e.Mitre...)
	}
	if len(ids) == 0 {
		return f.Mitre
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
