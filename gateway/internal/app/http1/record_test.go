package http1

import (
	"encoding/json"
	"testing"

	"otasuke/gateway/internal/app"

	"github.com/google/go-cmp/cmp"
)

// keeper keeps the record of the last transaction.
type keeper struct {
	*diary
	record string
}

func (k *keeper) Log(tx *app.Tx, _ int, _ string) {
	b, err := json.Marshal(tx.Recorder.Record(tx)[0].Value)
	if err != nil {
		k.t.Error(err)
	}
	k.record = string(b)
}

func TestRecord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg               Config
		request, response string
		want              string
	}{
		{Config{}, "GET /a?b HTTP/1.1\r\nHost: H:8080\r\nUser-Agent: u\xff\r\nReferer: r\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
			"HTTP/1.1 206 Part\r\nContent-Type: text/html; charset=x\r\nContent-Range: bytes 0-1/9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
			`{"hostname":"h","http_port":8080,"url":"/a?b","http_user_agent":"u\\xff","xff":"1.2.3.4","http_content_type":"text/html","content_range":{"raw":"bytes 0-1/9","start":0,"end":1,"size":9},"http_refer":"r","http_method":"GET","protocol":"HTTP/1.1","status":206,"length":10}`},
		{Config{DumpHeaders: true}, get, "HTTP/1.1 2xx Odd\r\nLocation: /l\r\nContent-Length: 0\r\n\r\n",
			`{"hostname":"h","url":"/a","http_method":"GET","protocol":"HTTP/1.1","status_string":"2xx","redirect":"/l","length":0,"request_headers":[{"name":"Host","value":"h"}],"response_headers":[{"name":"Location","value":"/l"},{"name":"Content-Length","value":"0"}]}`},
	} {
		k := &keeper{diary: newDiary(t)}
		playOn(New(k, c.cfg), []turn{{0, c.request}, {1, c.response}}, whole)
		if diff := cmp.Diff(c.want, k.record); diff != "" {
			t.Error(diff)
		}
	}
}
