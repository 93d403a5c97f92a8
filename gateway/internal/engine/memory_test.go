package engine

import (
	"fmt"
	"runtime"
	"testing"

	"otasuke/gateway/internal/packet"
)

// Bytes of heap that a connection may cost. Of those with a tail of both directions an office
// of 100 PCs has some thousands; those that ended are many.
const (
	idleConnection   = 3<<10 + 512
	closedConnection = 1<<10 + 256
)

// TestMemoryOfConnections: pages were fetched over each; then it is idle, or has ended.
func TestMemoryOfConnections(t *testing.T) {
	rules := rulesOf(t, `drop tcp any any -> any any (msg:"stream"; content:"attack"; sid:1;)
alert http any any -> any any (http.uri; content:"evil"; http.header; content:"zzz"; sid:2;)
alert http any any -> any any (file.data; content:"evil"; sid:3;)
alert http any any -> any any (http.response_body; content:"evil"; sid:4;)
alert http any any -> any any (http.user_agent; content:"evil"; sid:5;)`)
	body := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n%1000d", 5)
	for _, tt := range []struct {
		name   string
		closed bool
		most   uint64
	}{{"idle", false, idleConnection}, {"closed", true, closedConnection}} {
		const n = 10_000
		b := newBox(t, Config{Rules: rules, LogApps: true, LogFlows: true})
		before := heap()
		for i := range n {
			e := between(fmt.Sprintf("198.51.%d.7:%d", i/1000, 20000+i%1000), "192.168.1.80:80")
			b.open(e)
			for range 3 {
				b.say(e, 0, "GET /index.html HTTP/1.1\r\nHost: a.example\r\nUser-Agent: some browser\r\nAccept: */*\r\n\r\n")
				b.say(e, 1, body)
				b.give(e.next(0, 0, ""))
			}
			if tt.closed {
				b.give(e.next(0, packet.FIN, ""))
				b.give(e.next(1, packet.FIN, ""))
				b.give(e.next(0, 0, ""))
			}
			b.records = nil
		}
		if got := b.w.flows.Len(); got != n {
			t.Fatalf("%d flows", got)
		}
		each := (heap() - before) / n
		t.Logf("%s: %d bytes a connection", tt.name, each)
		if each > tt.most {
			t.Errorf("%s: %d bytes a connection, want at most %d", tt.name, each, tt.most)
		}
	}
}

// heap is what is in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
