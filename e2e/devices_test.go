package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"otasuke/e2e/lab"
	"otasuke/wire"
)

// Devices of the office are told of as what they are, by what they call out; a real second
// server of DHCP is told at once, and a restart makes nobody new.
func TestDevices(t *testing.T) {
	b := startBox(t, "", "devices_every = \"1s\"\n", nil)
	journal := filepath.Join(filepath.Dir(b.eve), "journal")
	addressServer(t, b.lab.Internet, lab.Router, "192.168.1.100,192.168.1.120")
	printer, pc, phone, err := b.lab.PC3.Office()
	if err != nil {
		t.Fatal(err)
	}
	for _, thing := range []*lab.Thing{printer, pc, phone} {
		t.Cleanup(func() { thing.Close() })
	}
	// until repeats what happens until the box has told of it: nothing else says that a server
	// of DHCP is ready.
	until := func(what string, again func() error, told func(map[string][]wire.Inside) bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; {
			if err := again(); err != nil {
				t.Fatal(err)
			}
			got := inside(t, journal)
			if told(got) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the box does not tell of %s: %+v", what, got)
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	ask := func() error { return pc.Discover("DESKTOP-KEIRI01", "MSFT 5.0") }
	last := func(got map[string][]wire.Inside, mac string) (d wire.Inside) {
		if list := got[mac]; len(list) > 0 {
			d = list[len(list)-1]
		}
		return d
	}
	until("the devices and the router", ask, func(got map[string][]wire.Inside) bool {
		p, c, m, r := last(got, "00:80:92:00:00:51"), last(got, "00:1b:8b:00:00:52"), last(got, "da:a1:19:00:00:53"), last(got, "02:00:00:00:00:01")
		return p.Kind.ID == "printer" && p.Kind.Sure > 80 && p.Model.ID == "Brother MFC-L2750DW" && p.Early && len(p.Addrs) == 1 &&
			c.Kind.ID == "pc" && len(c.Names) == 1 && c.Names[0].Text == "DESKTOP-KEIRI01" && m.Random && r.Kind.ID == "router"
	})
	for mac, list := range inside(t, journal) {
		for _, d := range list {
			if len(d.Changes) > 0 {
				t.Errorf("%s: told of in the first days: %+v", mac, d.Changes)
			}
		}
	}
	page := routerPage(t, b.lab)
	until("the router's firmware and the browser", page, func(got map[string][]wire.Inside) bool {
		r, c := last(got, "02:00:00:00:00:01"), last(got, "02:00:00:00:00:10")
		return r.Model.ID == "WHR-1166DHP2" && len(r.Software) == 1 && r.Software[0].Version == "2.95" && len(c.Software) == 1 && c.Software[0].Name == "chrome" && c.Software[0].Partial
	})
	rogue, err := b.lab.AddPC("rogue", "192.168.1.250", 0x50)
	if err != nil {
		t.Fatal(err)
	}
	addressServer(t, rogue, "192.168.1.250", "192.168.1.200,192.168.1.220")
	until("the second server", ask, func(got map[string][]wire.Inside) bool {
		return slices.ContainsFunc(got["02:00:00:00:00:50"], func(d wire.Inside) bool {
			return len(d.Changes) == 1 && d.Changes[0].What == wire.ChangeDHCP && d.Changes[0].Detail == lab.Router
		})
	})
	// A third one: its answers stay behind the switch, and only its clients say that it is there.
	hidden, err := b.lab.PC3.Plug("00:16:01:00:00:54", "192.168.1.240")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hidden.Close() })
	until("a server that is not heard itself", func() error { return errors.Join(hidden.Announce(), pc.Request(hidden.Addr)) }, func(got map[string][]wire.Inside) bool {
		return slices.ContainsFunc(got["00:16:01:00:00:54"], func(d wire.Inside) bool {
			return slices.ContainsFunc(d.Changes, func(c wire.DeviceChange) bool { return c.What == wire.ChangeDHCP })
		})
	})
	b.stop()
	state, err := os.ReadFile(filepath.Join(filepath.Dir(b.eve), "devices.json"))
	if err != nil || !bytes.Contains(state, []byte("DESKTOP-KEIRI01")) {
		t.Errorf("nothing is remembered: %v", err)
	}
}

// routerPage gives the router a settings page that names its model and firmware, and opens it as a browser does.
func routerPage(t *testing.T, l *lab.Lab) (open func() error) {
	t.Helper()
	var at net.Listener
	if err := l.Internet.Do(func() (err error) { at, err = net.Listen("tcp", lab.Router+":80"); return err }); err != nil {
		t.Fatal(err)
	}
	site := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", "WHR-1166DHP2/2.95 UPnP/1.0")
		_, _ = w.Write([]byte("<title>AirStation</title>"))
	})}
	go func() { _ = site.Serve(at) }()
	t.Cleanup(func() { _ = site.Close() })
	return func() error {
		var c net.Conn
		if err := l.PC1.Do(func() (err error) { c, err = net.Dial("tcp", lab.Router+":80"); return err }); err != nil {
			return err
		}
		defer c.Close()
		if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36\r\nConnection: close\r\n\r\n", lab.Router); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, c)
		return err
	}
}

// addressServer runs a real server of DHCP on a host.
func addressServer(t *testing.T, on *lab.Namespace, addr, pool string) {
	t.Helper()
	exe, err := exec.LookPath("dnsmasq")
	if err != nil {
		t.Skip("dnsmasq is not installed: no real server of DHCP")
	}
	cmd := exec.Command(exe, "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--bind-interfaces", "--listen-address="+addr, "--interface=eth0",
		"--dhcp-range="+pool+",1h", "--dhcp-leasefile="+filepath.Join(t.TempDir(), "leases"), "--no-ping")
	if err := on.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

// inside is what a box has told of devices in its journal, by hardware address.
func inside(t *testing.T, journal string) map[string][]wire.Inside {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(journal, "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]wire.Inside{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for {
			i := bytes.Index(text, []byte(`{"event_type":"otasuke-event"`))
			if i < 0 {
				break
			}
			text = text[i:]
			var line struct {
				Event wire.Event `json:"event"`
			}
			d := json.NewDecoder(bytes.NewReader(text))
			if d.Decode(&line) != nil {
				break // it is being written
			}
			text = text[d.InputOffset():]
			if e := line.Event; e.Inside != nil {
				out[e.Device.MAC] = append(out[e.Device.MAC], *e.Inside)
			}
		}
	}
	return out
}
