package dhcpmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

func opt(code byte, data string) string { return string([]byte{code, byte(len(data))}) + data }

func datagram(op byte, options string) string {
	return string([]byte{op, 1, 6, 0}) + "\x01\x02\x03\x04" + "\x00\x00\x00\x00" + "\x0a\x00\x00\x01" + "\x0a\x00\x00\x02" + "\x0a\x00\x00\x03" + "\x0a\x00\x00\x04" +
		"\xaa\xbb\xcc\x00\x11\x22" + strings.Repeat("\x00", 10+192) + "\x63\x82\x53\x63" + options
}

const end = "\xff"

func plain(s app.Sink) app.Reader    { return New(s, Config{}) }
func extended(s app.Sink) app.Reader { return New(s, Config{Extended: true}) }

var ack = datagram(2, opt(53, "\x05")+opt(51, "\x00\x00\x0e\x10")+opt(58, "\x00\x00\x07\x08")+opt(59, "\x00\x00\x0c\x4e")+opt(1, "\xff\xff\xff\x00")+
	opt(3, "\x0a\x00\x00\x01")+opt(6, "\x0a\x00\x00\x05\x0a\x00\x00\x06")+opt(12, "pc")+end)

func TestAcknowledge(t *testing.T) {
	values := []string{`tx0 1 dhcp.leasetime=3600`, `tx0 1 dhcp.renewal_time=1800`, `tx0 1 dhcp.rebinding_time=3150`}
	head := `log dhcp tx0 dhcp={"type":"reply","id":16909060,"client_mac":"aa:bb:cc:00:11:22","assigned_ip":"10.0.0.2",`
	if d := cmp.Diff(append(values[:3:3], head+`"dhcp_type":"ack","hostname":"pc"}`), told.Of(told.Talk{{Dir: 1, B: ack}}, 0, plain).Lines); d != "" {
		t.Error(d)
	}
	want := append(values, head+`"client_ip":"10.0.0.1","relay_ip":"10.0.0.4","next_server_ip":"10.0.0.3","dhcp_type":"ack","hostname":"pc",`+
		`"lease_time":3600,"rebinding_time":3150,"renewal_time":1800,"subnet_mask":"255.255.255.0","dns_servers":["10.0.0.5","10.0.0.6"],"routers":["10.0.0.1"]}`)
	if d := cmp.Diff(want, told.Of(told.Talk{{Dir: 1, B: ack}}, 0, extended).Lines); d != "" {
		t.Error(d)
	}
}

func TestRequest(t *testing.T) {
	b := datagram(1, opt(53, "\x03")+opt(50, "\x0a\x00\x00\x02")+opt(55, "\x01\x0f\x03\x06\x2c")+opt(60, "MSFT 5.0")+opt(61, "\x01\xaa\xbb")+end)
	if log := told.Of(told.Talk{{B: b}}, 0, plain); len(log.Lines) > 0 {
		t.Error("more than acknowledgements are written:", log)
	}
	want := []string{`log dhcp tx0 dhcp={"type":"request","id":16909060,"client_mac":"aa:bb:cc:00:11:22","assigned_ip":"10.0.0.2","client_ip":"10.0.0.1","dhcp_type":"request",` +
		`"client_id":"aa:bb","requested_ip":"10.0.0.2","params":["subnet_mask","domain","router","dns_server"],"vendor_class_identifier":"MSFT 5.0"}`}
	if d := cmp.Diff(want, told.Of(told.Talk{{B: b}}, 0, extended).Lines); d != "" {
		t.Error(d)
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct{ b, want string }{
		"head cut":       {ack[:200], ""},
		"no end":         {datagram(1, opt(53, "\x01")), "truncated_options"},
		"no options":     {datagram(1, ""), "truncated_options"},
		"option cut":     {datagram(1, "\x35\x09\x01"), "truncated_options"},
		"length missing": {datagram(1, "\x35"), "truncated_options"},
		"time too short": {datagram(1, opt(51, "\x01")+end), "malformed_options"},
		"client id":      {datagram(1, opt(61, "\x01")+end), "malformed_options"},
	} {
		log := told.Of(told.Talk{{B: c.b}}, 0, plain)
		if c.want == "" && len(log.Lines) > 0 || c.want != "" && !log.Has(`tx0 0 app-layer-event="dhcp.`+c.want) {
			t.Error(name, log)
		}
	}
}

func FuzzConn(f *testing.F) {
	f.Add([]byte(ack))
	f.Fuzz(func(t *testing.T, b []byte) { told.Of(told.Talk{{B: string(b)}, {Dir: 1, B: string(b)}}, 0, extended) })
}
