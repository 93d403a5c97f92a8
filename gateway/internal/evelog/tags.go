package evelog

import (
	"net/netip"

	"otasuke/gateway/internal/packet"
	"otasuke/rule"
)

// Tags are what rules with the tag keyword have asked for of a session: packets that follow
// are told of. Its zero value is ready.
type Tags []tagged

// HostTags are the same of hosts.
type HostTags struct {
	m     map[netip.Addr]*tagged
	fresh bool // the packet at hand has brought one and is told of already
}

// Bounds of what is asked for at a time.
const (
	maxTags     = 4
	maxHostTags = 1024
)

type tagged struct {
	rule.Tag
	since int64
	seen  int64 // packets or bytes so far
}

// takes counts a packet. done tells that nothing more is to be told.
func (t *tagged) takes(now int64, size int) (tell, done bool) {
	switch t.Unit {
	case "seconds":
		done = now-t.since > t.Count*1_000_000
		return !done, done
	case "bytes":
		done = t.seen >= t.Count
		t.seen += int64(size)
		return !done, done
	}
	t.seen++
	return t.seen <= t.Count, t.seen >= t.Count
}

// Add notes what a rule that the packet has matched asks for; flow may be nil.
func (h *HostTags) Add(r *rule.Rule, p *packet.Packet, flow *Tags, now int64) {
	for _, t := range r.Tags {
		x := tagged{Tag: t, since: now}
		if !t.Host {
			if flow != nil && len(*flow) < maxTags {
				*flow = append(*flow, x)
				h.fresh = true
			}
			continue
		}
		host := p.Src
		if t.ByTarget {
			host = p.Dst
		}
		if h.m == nil {
			h.m = map[netip.Addr]*tagged{}
		}
		if h.m[host] == nil && len(h.m) < maxHostTags {
			h.m[host] = &x
			h.fresh = true
		}
	}
}

// Tells counts a packet and reports whether it is to be told of; flow may be nil.
func (h *HostTags) Tells(p *packet.Packet, flow *Tags, now int64) (tell bool) {
	if h.fresh {
		h.fresh = false
		return false
	}
	if flow != nil && len(*flow) > 0 {
		keep := (*flow)[:0]
		for _, t := range *flow {
			yes, done := t.takes(now, len(p.Frame))
			tell = tell || yes
			if !done {
				keep = append(keep, t)
			}
		}
		*flow = keep
	}
	if len(h.m) == 0 {
		return tell
	}
	for _, host := range [2]netip.Addr{p.Src, p.Dst} {
		if t := h.m[host]; t != nil {
			yes, done := t.takes(now, len(p.Frame))
			tell = tell || yes
			if done {
				delete(h.m, host)
			}
		}
	}
	return tell
}
