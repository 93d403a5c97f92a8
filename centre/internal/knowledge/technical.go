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

// facts collects lines of the technical block and leaves out the empty ones.
type facts struct {
	t   text.Texts
	all []Fact
}

func (f *facts) add(key, value string) {
	if value != "" {
		f.all = append(f.all, Fact{Label: f.t.T(key), Value: value})
	}
}

// event adds where an event went and what it was.
func (f *facts) event(e *alert.Evidence) {
	f.add("alert.t_src", e.Src)
	f.add("alert.t_srcport", port(e.SrcPort))
	f.add("alert.t_dst", e.Dst)
	f.add("alert.t_dstport", port(e.DstPort))
	f.add("alert.t_proto", strings.Trim(e.Proto+" / "+e.App, " /"))
	f.add("alert.t_url", e.URL)
	f.add("alert.t_sha256", e.SHA256)
}

// technical fills the block for a technician: the fields that such mails have
// always had, from the newest event, and every event kept with its own.
func (k *Knowledge) technical(x *Explained, a *alert.Alert, f *families.Family, t text.Texts) {
	var e alert.Evidence
	if len(a.Evidence) > 0 {
		e = a.Evidence[0]
	}
	at := e.Time
	if at.IsZero() {
		at = a.Last
	}
	block := facts{t: t}
	block.add("alert.t_type", e.What)
	block.add("alert.t_id", a.ID)
	block.add("alert.t_time", ja.Technical(at))
	block.add("alert.t_verdict", verdict(t, a, e))
	block.event(&e)
	block.add("alert.t_mitre", strings.Join(mitre(a, f), ", "))
	block.add("alert.t_device", device(a))
	block.add("alert.t_box", a.BoxID)
	block.add("alert.t_family", a.Family)
	block.add("alert.t_count", ja.Number(a.Count))
	x.Technical = block.all
	for _, e := range a.Evidence {
		x.Records = append(x.Records, record(t, a, &e))
	}
	if len(a.Evidence) > 0 && a.Count > len(a.Evidence) {
		x.Newest = t.T("alert.t_newest", "all", ja.Number(a.Count), "n", ja.Number(len(a.Evidence)))
	}
}

func record(t text.Texts, a *alert.Alert, e *alert.Evidence) Record {
	r := Record{
		ID: e.EventID, Time: ja.Technical(e.Time), What: e.What, Verdict: verdict(t, a, *e),
		Src: address(e.Src, e.SrcPort), Dst: address(e.Dst, e.DstPort), URL: e.URL,
	}
	f := facts{t: t}
	f.event(e)
	f.add("alert.t_mitre", strings.Join(e.Mitre, ", "))
	f.add("alert.t_event", e.EventID)
	r.Facts = f.all
	return r
}

// device is name and address, or the address alone while it has no name.
func device(a *alert.Alert) string {
	if a.DeviceName == a.DeviceAddr {
		return a.DeviceAddr
	}
	return strings.Trim(a.DeviceName+" / "+a.DeviceAddr, " /")
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
