package sshhello

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"otasuke/gateway/internal/app"
	"otasuke/gateway/internal/app/told"
)

const (
	client = app.ToServer
	server = app.ToClient
)

func packet(kind byte, body string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+2))
	return string(append(append(b, 0, kind), body...))
}

func kex(lists ...string) string {
	b := make([]byte, 16)
	for i := range numLists {
		s := ""
		if i < len(lists) {
			s = lists[i]
		}
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
	}
	return packet(msgKexInit, string(b)+"\x00\x00\x00\x00\x00")
}

var hello = told.Talk{
	{Dir: server, B: "SSH-2.0-OpenSSH_9.9 Debian-1\r\n"},
	{Dir: client, B: "SSH-2.0-Go\r\n" + kex("curve", "ed", "aes1", "aes2", "mac1", "mac2", "none", "zlib")},
	{Dir: server, B: kex("curve", "ed", "aes1", "aes2", "mac1", "mac2", "none", "zlib") + packet(31, "reply") + packet(msgNewKeys, "")},
	{Dir: client, B: packet(30, "key") + packet(msgNewKeys, "")},
	{Dir: server, B: "encrypted"},
}

func tell(t told.Talk, n int) []string {
	return told.Of(t, n, func(s app.Sink) app.Reader { return New(s) }).Lines
}

func TestHello(t *testing.T) {
	want := []string{
		`tx0 1 ssh.proto="2.0"`,
		`tx0 1 ssh.software="OpenSSH_9.9"`,
		`tx0 0 ssh.proto="2.0"`,
		`tx0 0 ssh.software="Go"`,
		`tx0 0 ssh.hassh="d94ce636c4ba336b74401bc12cadfccd"`,
		`tx0 0 ssh.hassh.string="curve;aes1;mac1;none"`,
		`tx0 1 ssh.hassh.server="f1b3f0537915ae4901ee63cec4674fa8"`,
		`tx0 1 ssh.hassh.server.string="curve;aes2;mac2;zlib"`,
		`log ssh tx0 ssh={"client":{"proto_version":"2.0","software_version":"Go","hassh":{"hash":"d94ce636c4ba336b74401bc12cadfccd",` +
			`"string":"curve;aes1;mac1;none"}},"server":{"proto_version":"2.0","software_version":"OpenSSH_9.9",` +
			`"hassh":{"hash":"f1b3f0537915ae4901ee63cec4674fa8","string":"curve;aes2;mac2;zlib"}}}`,
	}
	got := tell(hello, 0)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, n := range []int{1, 2, 5, 33} {
		if d := cmp.Diff(got, tell(hello, n)); d != "" {
			t.Error(n, d)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		b, want string
	}{
		"no SSH":            {"HTTP/1.1 200\r\n", "invalid_banner"},
		"no version":        {"SSH-\r\n", "invalid_banner"},
		"no software":       {"SSH-2.0\r\n", "invalid_banner"},
		"endless banner":    {"SSH-2.0-x" + strings.Repeat("y", 2*MaxBanner) + "\r\n", "long_banner"},
		"endless no banner": {strings.Repeat("y", 2*MaxBanner), "invalid_banner"},
		"empty packet":      {"SSH-2.0-x\r\n\x00\x00\x00\x01\x00\x14", "invalid_record"},
	} {
		t.Run(name, func(t *testing.T) {
			all := strings.Join(tell(told.Talk{{Dir: client, B: c.b}}, 0), "\n")
			for _, dir := range []string{"0", "1"} {
				if want := `tx0 ` + dir + ` app-layer-event="ssh.` + c.want + `"`; !strings.Contains(all, want) {
					t.Error("no", want, "in", all)
				}
			}
		})
	}
}

// TestCutKex: lists longer than their packet and packets too large to collect give no
// fingerprint and no panic.
func TestCutKex(t *testing.T) {
	for _, p := range []string{
		packet(msgKexInit, "short"), packet(msgKexInit, strings.Repeat("\xff", 40)), packet(msgKexInit, strings.Repeat("x", MaxPacket)),
	} {
		all := strings.Join(tell(told.Talk{{Dir: client, B: "SSH-2.0-x\r\n" + p + packet(msgNewKeys, "")}}, 0), "\n")
		if strings.Contains(all, "hassh") || strings.Contains(all, "event") {
			t.Error(all)
		}
	}
}

func FuzzConn(f *testing.F) {
	for _, m := range hello {
		f.Add([]byte("SSH-2.0-x\n"+m.B), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		c := told.Talk{{Dir: client, B: string(b)}, {Dir: server, B: string(b)}}
		if d := cmp.Diff(tell(c, 0), tell(c, int(cut))); d != "" {
			t.Error(d)
		}
	})
}
