package match

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"otasuke/gateway/internal/app"
	"otasuke/rule"
)

// manyRules are enough of each sort that traffic is told apart by them.
func manyRules() string {
	var text strings.Builder
	for i := range 600 {
		fmt.Fprintf(&text, "alert tcp $EXTERNAL_NET any -> $HOME_NET any (flow:to_client; content:\"down-%03d\"; sid:%d;)\n", i, 10_000+i)
		fmt.Fprintf(&text, "alert tcp $HOME_NET any -> $EXTERNAL_NET any (flow:to_server; content:\"up-%03d.\"; sid:%d;)\n", i, 20_000+i)
		fmt.Fprintf(&text, "alert http any any -> $HOME_NET any (flow:to_client; file_data; content:\"file-%03d\"; sid:%d;)\n", i, 30_000+i)
		fmt.Fprintf(&text, "alert http any any -> any any (flow:to_client; http.response_body; content:\"body-%03d\"; sid:%d;)\n", i, 40_000+i)
	}
	for i := range 20 {
		fmt.Fprintf(&text, "alert smb $HOME_NET any -> any any (content:\"share-%d.\"; sid:%d;)\n", i, 50_000+i)
		fmt.Fprintf(&text, "alert ip 198.51.100.0/24 any -> any any (content:\"down-%03d\"; sid:%d;)\n", i, 60_000+i)
	}
	return text.String()
}

// whole has a set search for all patterns in all traffic.
func whole(s *Set) *Set {
	for _, v := range s.variants {
		for _, g := range v.groups {
			if g != nil {
				g.dbs = g.dbs[:1]
			}
		}
	}
	for dir := range s.streams {
		s.streams[dir].dbs = s.streams[dir].dbs[:1]
	}
	return s
}

// What is searched for a kind of traffic finds what a search for everything finds, also when
// the application becomes known, or another one, on the way.
func TestKinds(t *testing.T) {
	t.Parallel()
	text := manyRules()
	sets := [2]*Set{compile(t, text), whole(compile(t, text))}
	fewer := 0
	for _, g := range []*group{sets[0].files[0], sets[0].streams[0], sets[0].streams[1]} {
		for _, db := range g.dbs[1:] {
			if db != g.dbs[0] {
				fewer++
			}
		}
	}
	if sets[0].gates.Kinds() < 9 || fewer < 10 {
		t.Errorf("%d kinds of traffic, %d of them with patterns of their own", sets[0].gates.Kinds(), fewer)
	}
	addrs := []netip.Addr{netip.MustParseAddr("192.168.1.5"), netip.MustParseAddr("10.0.0.7"), netip.MustParseAddr("198.51.100.9"), netip.MustParseAddr("2001:db8::1")}
	apps := []rule.Proto{rule.ProtoUnknown, rule.ProtoHTTP1, rule.ProtoSMB, rule.ProtoTLS}
	words := []string{"down-%03d ", "up-%03d. ", "file-%03d ", "body-%03d ", "share-%d. ", "nothing %d "}
	found := 0
	for seed := range uint64(2000) {
		var got [2][]uint32
		for i, set := range sets {
			got[i] = conversationOf(t, set, rand.New(rand.NewPCG(seed, 1)), addrs, apps, words)
		}
		if found += len(got[0]); !slices.Equal(got[0], got[1]) {
			t.Fatalf("seed %d: %v, the search for everything finds %v", seed, got[0], got[1])
		}
	}
	if found < 1000 {
		t.Errorf("%d found", found)
	}
}

// conversationOf lets a conversation pass and returns what it fulfils, by signature.
func conversationOf(t *testing.T, set *Set, r *rand.Rand, addrs []netip.Addr, apps []rule.Proto, words []string) (sids []uint32) {
	t.Helper()
	sc, err := set.NewScratch()
	if err != nil {
		t.Fatal(err)
	}
	defer sc.Close()
	var f FlowState
	var tx TxState
	var file File
	var stream, data []byte
	judged := 0 // of data
	client, server := addrs[r.IntN(len(addrs))], addrs[r.IntN(len(addrs))]
	speaks := apps[r.IntN(len(apps))]
	toServer := r.IntN(3) == 0
	for range 1 + r.IntN(6) {
		if r.IntN(4) == 0 {
			speaks = apps[r.IntN(len(apps))]
		}
		var fresh []byte
		for range 1 + r.IntN(8) {
			fresh = fmt.Appendf(fresh, words[r.IntN(len(words))], r.IntN(20))
		}
		stream = append(stream, fresh...)
		window := stream[max(0, len(stream)-len(fresh)-200):]
		in := Input{IPProto: rule.IPProtoTCP, App: speaks, ToServer: toServer, Established: true, Flow: &f, Stream: window, StreamNew: len(fresh), StreamOffset: uint64(len(stream) - len(window)), Payload: fresh, PacketRules: true}
		if in.Src, in.Dst = client, server; !toServer {
			in.Src, in.Dst = server, client
		}
		sc.NewBytes()
		if !toServer {
			body := window[len(window)-len(fresh):]
			set.Ahead(sc, &Stream{Flow: &f, Client: client, Server: server, App: speaks, Window: window, New: body, Offset: in.StreamOffset}, &file, body, len(data) == 0)
			data = append(data, fresh...)
			if r.IntN(4) == 0 { // it is recognised with these bytes
				in.App = apps[r.IntN(len(apps))]
			}
		}
		if !toServer && r.IntN(2) == 0 {
			part := in
			part.Stream, part.StreamNew, part.Payload, part.PacketRules = nil, 0, nil, false
			part.Values, part.Tx, part.File = []app.Value{{Buffer: rule.FileData, Data: data, Searched: judged, Partial: true, Fresh: true}}, &tx, &file
			judged = len(data)
			for _, h := range set.Inspect(sc, &part) {
				sids = append(sids, h.Rule.SID)
			}
		}
		for _, h := range set.Inspect(sc, &in) {
			sids = append(sids, h.Rule.SID)
		}
	}
	return sids
}
