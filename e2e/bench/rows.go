package bench

import (
	"slices"

	"otasuke/e2e/bench/appnames"
	"otasuke/e2e/bench/downloads"
	"otasuke/e2e/bench/fleet"
	"otasuke/e2e/bench/machine"
	"otasuke/e2e/bench/pages"
	"otasuke/e2e/bench/sitelist"
	"otasuke/e2e/bench/trafficlog"
)

// Row is one figure.
type Row struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Ratio to Against in the same run; 0 when there is nothing to compare with.
	Ratio   float64 `json:"ratio"`
	Against string  `json:"against"`
}

// table gathers the rows of what was measured.
type table struct {
	b    *bench
	rows []Row
}

// add makes a row of the median of a measurement; a row that was not measured is left out.
func (t *table) add(name, unit, key, against string) {
	if len(t.b.got[key]) == 0 {
		return
	}
	r := Row{Name: name, Unit: unit, Value: median(t.b.got[key])}
	if against != "" && len(t.b.got[against]) > 0 {
		r.Ratio, r.Against = t.b.ratio(key, against), bare
	}
	t.rows = append(t.rows, r)
}

// more makes a row of how much more one measurement is than another.
func (t *table) more(name, unit, key, than string) {
	with, without := t.b.got[key], t.b.got[than]
	if len(with) == 0 || len(without) == 0 {
		return
	}
	t.rows = append(t.rows, Row{Name: name, Unit: unit, Value: median(with) - median(without), Against: bare})
}

// rows turns measurements into the published figures, each of which docs/performance.md
// explains. A name keeps its meaning.
func (b *bench) rows() []Row {
	t := &table{b: b}
	for _, f := range machine.Figures() {
		t.add(f[0], f[1], f[0], "")
	}
	t.transfer()
	t.waiting()
	t.web()
	for _, c := range corpora {
		t.add("offline."+c.name, "Gbit/s", "offline."+c.name, "")
		t.add("offline."+c.name+"."+c.unit, c.unit+"/s", "offline."+c.name+".units", "")
		t.add("offline."+c.name+".memory", "MiB", "offline."+c.name+".memory", "")
	}
	t.memory()
	t.add("start.cold", "s", "start.cold", "")
	t.add("start.cached", "s", "start.cached", "")
	for _, f := range downloads.Figures() {
		t.add(f.Name, f.Unit, f.Key, "")
		if n := len(t.rows) - 1; f.Against != "" && len(b.got[f.Against]) > 0 && n >= 0 {
			t.rows[n].Ratio, t.rows[n].Against = b.ratio(f.Key, f.Against), "the same without a scanner"
		}
	}
	for _, f := range appnames.Figures() {
		t.add(f.Name, f.Unit, f.Name, f.Against)
	}
	for _, f := range sitelist.Figures() {
		t.add(f.Name, f.Unit, f.Name, "")
	}
	for _, f := range trafficlog.Figures() {
		t.add(f[0], f[1], f[0], "")
	}
	for _, f := range fleet.Figures() {
		t.add(f.Name, f.Unit, f.Name, "")
		if n := len(t.rows); f.Against != "" && n > 0 && t.rows[n-1].Name == f.Name && len(b.got[f.Against]) > 0 {
			t.rows[n-1].Ratio, t.rows[n-1].Against = b.ratio(f.Name, f.Against), fleet.Bare
		}
	}
	for _, f := range pages.Figures() {
		t.add(f.Name, f.Unit, f.Name, "")
	}
	t.peer()
	return t.rows
}

func (t *table) transfer() {
	const bits = "Gbit/s"
	t.add("kernel.bulk.1", bits, "kernel.bulk.1", "")
	t.add("kernel.bulk.8", bits, "kernel.bulk.8", "")
	t.add("queue.bulk.1", bits, "queue.bulk.1", "kernel.bulk.1")
	t.add("inline.bulk.1.gso", bits, "box.bulk.1", "kernel.bulk.1")
	t.add("inline.bulk.8.gso", bits, "box.bulk.8", "kernel.bulk.8")
	t.add("inline.bulk.1.judged", bits, "judged.bulk.1", "kernel.bulk.1")
	t.add("inline.bulk.8.judged", bits, "judged.bulk.8", "kernel.bulk.8")
	t.add("inline.bulk.1.judged.q1", bits, "judged1.bulk.1", "kernel.bulk.1")
	t.add("inline.bulk.8.judged.q1", bits, "judged1.bulk.8", "kernel.bulk.8")
	t.add("inline.bulk.1.nogso", bits, "nogso.bulk.1", "kernel.bulk.1")
	t.add("inline.nogso.pps.core", "packets/s", "nogso.packets", "")
	t.add("kernel.tls", bits, "kernel.tls", "")
	t.add("inline.tls.bypass", bits, "box.tls", "kernel.tls")
	t.add("kernel.pps.100b", "packets/s", "kernel.pps", "")
	t.add("inline.pps.100b", "packets/s", "flood.pps", "kernel.pps")
	// Bytes that the engine judged against those that were downloaded (headers make it
	// a little more than 1): judged rows count for inspection only while it holds.
	t.add("inline.judged", "of bytes", "judged.share", "")
	t.add("inline.judged.q1", "of bytes", "judged1.share", "")
	t.add("inline.uninspected", "of packets", "box.unseen", "")
	t.add("inline.uninspected.flood", "of packets", "flood.unseen", "")
	t.add("inline.uninspected.judged", "of packets", "judged.unseen", "")
	t.add("inline.uninspected.q1", "of packets", "judged1.unseen", "")
	t.add("inline.records.lost", "records", "box.lost", "")
}

func (t *table) waiting() {
	for _, load := range []string{"latency", "latency.half", "latency.half.apart"} {
		for _, p := range []string{"p50", "p99"} {
			key := load + "." + p
			t.add("kernel."+key, "ms", "kernel."+key, "")
			t.add("inline."+key, "ms", "box."+key, "kernel."+key)
			added := "inline." + load + ".added." + p
			if added == "inline.latency.added.p99" {
				added = "inline.latency.added" // as it was called before there was load
			}
			t.more(added, "ms", "box."+key, "kernel."+key)
		}
	}
	t.add("latency.half.rate", "pages/s", "half", "")
}

func (t *table) web() {
	t.add("kernel.http.keepalive", "pages/s", "kernel.http.keepalive", "")
	t.add("queue.http.keepalive", "pages/s", "queue.http.keepalive", "kernel.http.keepalive")
	t.add("inline.http.keepalive", "pages/s", "box.http.keepalive", "kernel.http.keepalive")
	t.add("kernel.http.keepalive.p99", "ms", "kernel.http.keepalive.p99", "")
	t.add("inline.http.keepalive.p99", "ms", "box.http.keepalive.p99", "kernel.http.keepalive.p99")
	t.add("kernel.http.newconn", "connections/s", "kernel.new.http.newconn", "")
	t.add("queue.http.newconn", "connections/s", "queue.new.http.newconn", "kernel.new.http.newconn")
	t.add("inline.http.newconn", "connections/s", "box.new.http.newconn", "kernel.new.http.newconn")
	t.add("kernel.http.newconn.p99", "ms", "kernel.new.http.newconn.p99", "")
	t.add("inline.http.newconn.p99", "ms", "box.new.http.newconn.p99", "kernel.new.http.newconn.p99")
	t.selfInflicted("inline.http.newconn.dropped", "failed")
	t.selfInflicted("inline.http.newconn.late", "late")
	t.add("inline.http.newconn.uninspected", "of packets", "box.new.unseen", "")
	t.add("inline.http.newconn.records.lost", "records", "box.new.lost", "")
}

// selfInflicted counts connections to which something happened that did not happen to as
// many without us.
func (t *table) selfInflicted(name, what string) {
	with, without := t.b.got["box.new.http.newconn."+what], t.b.got["kernel.new.http.newconn."+what]
	if len(with) == 0 {
		return
	}
	t.rows = append(t.rows, Row{Name: name, Unit: "connections", Value: max(0, slices.Max(with)-median(without)), Against: bare})
}

func (t *table) memory() {
	t.add("inline.memory.resident", "MiB", "box.memory", "")
	t.add("inline.memory.newconn", "MiB", "box.new.memory", "")
	t.add("memory.loaded", "MiB", "memory.loaded", "")
	t.add("memory.flows.200k", "MiB", "memory.flows", "")
	t.add("memory.flows.seen", "flows", "flows.total", "")
	if few, many := t.b.got["memory.loaded"], t.b.got["memory.flows"]; len(few) > 0 && len(many) > 0 {
		t.rows = append(t.rows, Row{Name: "memory.flow", Unit: "KiB", Value: (median(many) - median(few)) * 1024 / (manyFlows - liveFlows)})
	}
}

// peer are the figures of the field's sensor where it is installed.
func (t *table) peer() {
	for _, r := range []struct{ key, unit string }{
		{"bulk.1", "Gbit/s"}, {"bulk.8", "Gbit/s"}, {"tls", "Gbit/s"}, {"pps", "packets/s"}, {"latency.p50", "ms"}, {"latency.p99", "ms"},
		{"latency.half.p50", "ms"}, {"latency.half.p99", "ms"}, {"http.keepalive", "pages/s"}, {"http.keepalive.p99", "ms"},
	} {
		t.add(peerProgram+"."+r.key, r.unit, "peer."+r.key, "kernel."+r.key)
	}
	t.add(peerProgram+".http.newconn", "connections/s", "peer.new.http.newconn", "kernel.new.http.newconn")
	t.add(peerProgram+".http.newconn.p99", "ms", "peer.new.http.newconn.p99", "kernel.new.http.newconn.p99")
	t.add(peerProgram+".http.newconn.failed", "connections", "peer.new.http.newconn.failed", "")
	t.add(peerProgram+".uninspected", "of packets", "peer.unseen", "")
}
