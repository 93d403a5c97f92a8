package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"otasuke/e2e/lab"
)

const (
	// A machine without hardware virtualisation needs minutes for what hardware does in seconds.
	bootWithin = 20 * time.Minute
	// maintenance is the box's address for who stands before it, on the office's side.
	maintenance = "fe80::7a5:1%eth0"
	// bootPartition is where the FAT partition of the image begins, as mtools write it.
	bootPartition = "@@1M"
	// boxLease is the address that the office's router gives the box.
	boxLease = "192.168.1.100"
	// portLease is the next one: a box that is the router has an address at its port, not at its bridge.
	portLease = "192.168.1.101"
)

// imageSettings is what stands on the FAT partition of the image.
const imageSettings = "../packaging/image/esp/otasuke.toml"

// platform is a kind of computer as qemu plays it.
type platform struct {
	program    string
	board, cpu string
	code, vars string // its firmware, and where that writes
}

// platforms by Debian's names. The processors of arm64 boxes are of the class of a Cortex-A72.
var platforms = map[string]platform{
	"amd64": {"qemu-system-x86_64", "q35", "max", "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
	"arm64": {"qemu-system-aarch64", "virt", "cortex-a72", "/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"},
}

// machine is the appliance image in a virtual machine, between the office and the internet.
type machine struct {
	*lab.Lab
	kind     platform
	t        *testing.T
	web      *lab.Internet
	dir, key string
	disk     string
	settings string // otasuke.toml
	cmd      *exec.Cmd
	on       time.Time
}

// newMachine prepares a disk as a provider would: the image, written to a larger disk, with a key
// and the centre's address on its FAT partition; a router with DHCP, and a centre in the internet.
func newMachine(t *testing.T, image string, kind platform) *machine {
	t.Helper()
	needLab(t)
	l, err := lab.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	m := &machine{Lab: l, kind: kind, t: t, dir: t.TempDir()}
	if m.web, err = l.Serve(1 << 20); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.web.Close() })
	m.disk, m.key = filepath.Join(m.dir, "disk"), filepath.Join(m.dir, "key")
	m.tool("cp", "--sparse=always", image, m.disk)
	m.tool("truncate", "-s", "+2G", m.disk)
	m.tool("cp", m.kind.vars, filepath.Join(m.dir, "vars"))
	m.tool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", m.key)
	m.tool("mcopy", "-i", m.disk+bootPartition, m.key+".pub", "::authorized_keys")
	if err := l.OpenInternet(centreAddr); err != nil {
		t.Fatal(err)
	}
	router(t, l.Internet, "--dhcp-range="+boxLease+","+portLease+",12h", "--dhcp-sequential-ip", "--dhcp-option=option:dns-server,"+lab.DNSHost)
	shipped, err := os.ReadFile(imageSettings)
	if err != nil {
		t.Fatal(err)
	}
	m.settings = fmt.Sprintf("centre_url = \"https://%s:8443\"\ncentre_fingerprint = %q\n", centreAddr, centreProcess(t, l)) + string(shipped)
	conf := filepath.Join(m.dir, "otasuke.toml")
	if err := os.WriteFile(conf, []byte(m.settings), 0o600); err != nil {
		t.Fatal(err)
	}
	m.tool("mcopy", "-o", "-i", m.disk+bootPartition, conf, "::otasuke.toml")
	return m
}

// tool runs one on this machine.
func (m *machine) tool(name string, args ...string) string {
	m.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// played says by what: this machine's own processor, where that is of the kind and can, or qemu.
func (p platform) played() []string {
	info, err := os.ReadFile("/proc/cpuinfo")
	able := err == nil && (bytes.Contains(info, []byte(" vmx")) || bytes.Contains(info, []byte(" svm")))
	if runtime.GOARCH == "arm64" { // there is no flag for it
		_, err = os.Stat("/dev/kvm")
		able = err == nil
	}
	if able && p.program == platforms[runtime.GOARCH].program {
		return []string{"-accel", "kvm", "-cpu", "host"}
	}
	return []string{"-accel", "tcg,thread=multi", "-cpu", p.cpu}
}

// power switches it on.
func (m *machine) power() {
	m.t.Helper()
	outside, inside, err := m.Taps()
	if err != nil {
		m.t.Fatal(err)
	}
	m.cmd = exec.Command(m.kind.program, append(m.kind.played(), "-machine", m.kind.board, "-smp", "2", "-m", "2048", "-nodefaults", "-display", "none",
		"-drive", "if=pflash,format=raw,readonly=on,file="+m.kind.code, "-drive", "if=pflash,format=raw,file="+filepath.Join(m.dir, "vars"),
		"-drive", "if=virtio,format=raw,cache=unsafe,file="+m.disk,
		"-netdev", "tap,id=out,ifname="+outside+",script=no,downscript=no", "-device", "virtio-net-pci,netdev=out,mac=02:00:00:00:01:01",
		"-netdev", "tap,id=in,ifname="+inside+",script=no,downscript=no", "-device", "virtio-net-pci,netdev=in,mac=02:00:00:00:01:02",
		"-device", "i6300esb", "-device", "virtio-rng-pci", "-serial", "file:"+filepath.Join(m.dir, "console"))...)
	m.cmd.Stderr = os.Stderr
	m.on = time.Now()
	if err := m.Box.Start(m.cmd); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		_ = m.cmd.Process.Signal(syscall.SIGTERM)
		_ = m.cmd.Wait()
		if text, err := os.ReadFile(filepath.Join(m.dir, "console")); err == nil && m.t.Failed() {
			m.t.Logf("console:\n%s", text[max(0, len(text)-6000):])
		}
	})
}

// fetch asks a server of the internet from a PC.
func (m *machine) fetch(args ...string) bool {
	ctx, cancel := context.WithTimeout(m.t.Context(), 10*time.Second)
	defer cancel()
	_, code, err := m.PC1.Run(ctx, "curl", append([]string{"-s", "-f", "-o", "/dev/null", "-m", "4"}, args...)...)
	return err == nil && code == 0
}

// line tells whether the office reaches the internet.
func (m *machine) line() bool { return m.fetch("http://" + lab.Good + "/page/1") }

// beacon is what the starter rules stop: a program that calls its command server.
func (m *machine) beacon() bool {
	return m.fetch("-A", "Mozilla/4.0 (compatible; MSIE 6.1; Windows NT)", "http://"+lab.C2+"/news?id=7")
}

// protects tells whether that is stopped, and nothing else.
func (m *machine) protects() bool { return m.line() && !m.beacon() && m.line() }

// ssh is the command line to the box. What is asked often goes over one connection.
func (m *machine) ssh(more ...string) []string {
	return append([]string{"-i", m.key, "-S", filepath.Join(m.dir, "ssh"), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
		"-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=20"}, more...)
}

// connect opens that connection, until the machine goes down.
func (m *machine) connect() bool {
	master := exec.Command("ssh", m.ssh("-M", "-N", "root@"+maintenance)...)
	if err := m.PC1.Start(master); err != nil {
		return false
	}
	gone := make(chan error, 1)
	go func() { gone <- master.Wait() }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			return false
		case <-tick.C:
		}
		if exec.Command("ssh", m.ssh("-O", "check", "root@"+maintenance)...).Run() == nil {
			return true
		}
	}
}

// ask runs a command on the box; its output and whether it succeeded.
func (m *machine) ask(command string) (string, error) {
	ctx, cancel := context.WithTimeout(m.t.Context(), bootWithin)
	defer cancel()
	out, code, err := m.PC1.Run(ctx, "ssh", m.ssh("root@"+maintenance, command)...)
	if err == nil && code != 0 {
		err = fmt.Errorf("status %d", code)
	}
	return strings.TrimSpace(string(out)), err
}

// must is ask where failing is a fault of the box.
func (m *machine) must(command string) string {
	m.t.Helper()
	out, err := m.ask(command)
	if err != nil {
		m.t.Errorf("%s: %v\n%s", command, err, out)
	}
	return out
}

// since is the time after power-on.
func (m *machine) since() string { return time.Since(m.on).Round(100 * time.Millisecond).String() }

// A box made from the image protects an office by being plugged in: nobody logs in, nobody sets
// up anything. The package runs under a real systemd there.
func TestImage(t *testing.T) {
	image := os.Getenv("OTASUKE_IMAGE")
	if image == "" {
		t.Skip("boots a disk image for minutes; 'make image-test' runs it")
	}
	arch := cmp.Or(os.Getenv("OTASUKE_IMAGE_ARCH"), runtime.GOARCH)
	kind, known := platforms[arch]
	if !known {
		t.Fatalf("no machine for %s", arch)
	}
	for _, tool := range []string{kind.program, "mcopy", "ssh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: 'packaging/setup image %s'", tool, arch)
		}
	}
	m := newMachine(t, image, kind)
	m.power()
	until(t, "the office reaches the internet", bootWithin, m.line)
	t.Logf("power-on to a line: %s", m.since())
	until(t, "the box protects", bootWithin, m.protects)
	t.Logf("power-on to protection: %s", m.since())
	t.Run("first day", m.firstDay)
	until(t, "the box can be asked", bootWithin, m.connect)
	t.Run("system", m.system)
	t.Run("killed", m.killed)
	t.Run("hangs", m.hangs)
	t.Run("wrong clock", m.year)
	t.Run("settings", m.set)
	t.Run("package", m.packaged)
	t.Run("no state", m.stateless)
	t.Run("never starts", m.masked)
	t.Run("router", m.router)
}

// firstDay: somebody of the office opens the box's page under its name, reads the code off it, enters
// it at the centre and is protected. Nobody logs in to the box, and nobody outside sees the page.
func (m *machine) firstDay(t *testing.T) {
	pc := at(t, m.PC1)
	var addr netip.Addr
	until(t, "the box has a name", bootWithin, func() bool { addr = named(t, m.PC1); return addr.IsValid() })
	if addr.String() != boxLease {
		t.Errorf("otasuke.local is %s", addr)
	}
	t.Logf("power-on to a name in the office: %s", m.since())
	front := "http://" + boxLease + "/?lang=ja"
	body := pc.until(front, `class="code-text"`)
	t.Logf("power-on to the code: %s", m.since())
	code := codeShown.FindStringSubmatch(body)
	if code == nil || !strings.Contains(body, "ウイルスの見本帳を待っています") {
		t.Fatalf("no code on the page, or the lamp of the virus check says nothing of signatures:\n%s", body)
	}
	for _, port := range []string{"80", "22"} {
		if opens(t, m.Internet, boxLease+":"+port, 2*time.Second) {
			t.Errorf("port %s is open from outside", port)
		}
	}
	portal := "http://" + centreAddr + ":8080"
	entered := time.Now()
	pairs(pc, code[1]+"-"+code[2])
	pc.until(front, "佐藤製作所 のお助けボックス")
	pc.until(portal+"/", "見守り中")
	claimed := time.Since(entered)
	pc.until(portal+"/", "ウイルスの見本帳が届くのを待っています")
	if !m.protects() || claimed > firstDay {
		t.Errorf("from the code to protection %v, want %v", claimed, firstDay)
	}
	t.Logf("from the code to the portal's lamp and protected: %.1f s", claimed.Seconds())
	status, body, err := pc.open("http://"+testSite+"/?lang=ja", nil)
	if err != nil || status != http.StatusForbidden || !strings.Contains(body, "テスト成功です") {
		t.Errorf("the test: %d %v\n%s", status, err, body)
	}
}

// system is what the start has made.
func (m *machine) system(t *testing.T) {
	t.Log(m.must("otasuke version; journalctl -u otasuke-gateway | wc -l; systemd-analyze; systemctl --failed --no-legend; findmnt -no SOURCE,SIZE,OPTIONS /var/lib/otasuke; free -m | sed -n 2p; df -h / | tail -1"))
	t.Log(m.must("for u in gateway bridge centre; do systemd-analyze security --no-pager otasuke-$u | grep Overall; done"))
	for command, want := range map[string]string{
		"systemctl --failed --no-legend":                                               "",
		"systemctl is-active otasuke-gateway":                                          "active",
		"systemctl is-active otasuke-bridge":                                           "active",
		"findmnt -no FSTYPE /var/lib/otasuke":                                          "ext4",
		"cat /sys/class/net/br-otasuke/brif/*/port_no | wc -l":                         "2",
		"passwd --status root | cut -d' ' -f2":                                         "L",
		"sshd -T | grep -c 'passwordauthentication no'":                                "1",
		"systemctl is-enabled clamav-daemon; true":                                     "masked",
		"systemctl show -p RuntimeWatchdogUSec --value":                                "30s",
		"grep -c deb.debian.org /etc/apt/sources.list":                                 "3",
		"cat /sys/class/watchdog/watchdog0/state":                                      "active",
		"systemctl show -p NRestarts --value otasuke-gateway":                          "0",
		"journalctl -u otasuke-gateway | grep -c 'no signatures of viruses yet'":       "1",
		"journalctl -u otasuke-gateway | grep -c 'virus scanner ended'; true":          "0",
		"systemctl is-active clamav-freshclam":                                         "active",
		"grep nameserver /etc/resolv.conf":                                             "nameserver " + lab.DNSHost,
		"otasuke version | grep -c '^otasuke 0[.]'":                                    "1",
		"dpkg-query -W -f 'otasuke ${Version}\\n' otasuke | diff - <(otasuke version)": "",
		"systemctl is-enabled unattended-upgrades apt-daily-upgrade.timer | sort -u":   "enabled",
	} {
		if got := m.must(command); got != want {
			t.Errorf("%s: %q, want %q", command, got, want)
		}
	}
}

// again does something to the box; the line must be there all the time, and the box come back.
func (m *machine) again(t *testing.T, what, command string) {
	t.Helper()
	before := m.must("systemctl show -p MainPID --value otasuke-gateway")
	m.must(command)
	began := time.Now()
	if !m.line() {
		t.Errorf("%s: the office has no line", what)
	}
	until(t, what+": systemd starts the box again", bootWithin, func() bool {
		now, err := m.ask("systemctl show -p MainPID --value otasuke-gateway")
		return err == nil && now != before && now != "0"
	})
	until(t, what+": the box protects again", bootWithin, m.protects)
	t.Logf("%s: protects again after %v", what, time.Since(began).Round(100*time.Millisecond))
}

func (m *machine) killed(t *testing.T) {
	m.again(t, "killed", "systemctl kill -s KILL otasuke-gateway")
}

func (m *machine) hangs(t *testing.T) {
	m.again(t, "hangs", "kill -STOP $(systemctl show -p MainPID --value otasuke-gateway)")
	if got := m.must("journalctl -u otasuke-gateway --no-pager | grep -c 'Watchdog timeout'"); got == "0" {
		t.Error("it was not the watchdog")
	}
}

// set changes settings on the FAT partition: they are taken as Windows writes them; bad ones are not.
func (m *machine) set(t *testing.T) {
	good := "\xef\xbb\xbf" + strings.ReplaceAll(m.settings+"heartbeat = \"61s\"\n", "\n", "\r\n")
	m.put(good)
	m.must("systemctl restart otasuke-settings && grep -q 61s /etc/otasuke/gateway.toml && ! grep -q $(printf '\\r') /etc/otasuke/gateway.toml")
	m.put("ports = [\"auto\r\n")
	if _, err := m.ask("systemctl restart otasuke-settings"); err == nil {
		t.Error("broken settings are taken")
	}
	if got := m.must("cat /boot/efi/otasuke-error.txt; grep -c 61s /etc/otasuke/gateway.toml"); !strings.Contains(got, "otasuke.toml: ") || !strings.HasSuffix(got, "1") {
		t.Errorf("says %q", got)
	}
	m.put(good)
	m.must("systemctl restart otasuke-settings && test ! -e /boot/efi/otasuke-error.txt")
}

// put writes the settings on the FAT partition.
func (m *machine) put(text string) {
	m.t.Helper()
	m.must(fmt.Sprintf("printf '%%b' %q > /boot/efi/otasuke.toml && sync", strings.NewReplacer("\r", `\r`, "\n", `\n`, `"`, `\x22`).Replace(text)))
}

// packaged removes the package, purges it and puts it back: the line stays all the time.
func (m *machine) packaged(t *testing.T) {
	deb := os.Getenv("OTASUKE_DEB")
	if deb == "" {
		t.Skip("OTASUKE_DEB names no package")
	}
	f, err := os.Open(deb)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.send(b, "/root/otasuke.deb"); err != nil {
		t.Fatal(err)
	}
	before := m.must("cat /etc/otasuke/gateway.toml")
	m.must("dpkg -i /root/otasuke.deb")
	until(t, "the upgraded box protects", bootWithin, m.protects)
	m.must("dpkg -r otasuke")
	if !m.line() || !m.beacon() {
		t.Error("the office has no line without the package")
	}
	m.must("dpkg -i /root/otasuke.deb && systemctl enable --now otasuke-gateway")
	if got := m.must("cat /etc/otasuke/gateway.toml"); got != before {
		t.Errorf("the configuration has become\n%s", got)
	}
	until(t, "the box that was put back protects", bootWithin, m.protects)
}

// send copies bytes to a file of the box.
func (m *machine) send(b []byte, path string) error {
	cmd := exec.Command("ssh", m.ssh("root@"+maintenance, "cat >"+path)...)
	cmd.Stdin = bytes.NewReader(b)
	if err := m.PC1.Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// stateless is a box whose partition for the state does not come, as on a disk that fails: it waits for
// a while, and then protects, though it is nobody's.
func (m *machine) stateless(t *testing.T) {
	m.must("sed -i s/otasuke-state/gone/ /etc/fstab && sync")
	m.restart(t)
	until(t, "the office reaches the internet without the state", bootWithin, m.line)
	until(t, "the box protects without the state", bootWithin, m.protects)
	t.Logf("restart to protection, the partition for the state missing: %s", m.since())
	until(t, "the box can be asked", bootWithin, m.connect)
	if got := m.must("findmnt -no FSTYPE /var/lib/otasuke; systemctl is-active otasuke-online"); got != "active" {
		t.Errorf("without a state it is %q", got)
	}
	m.must("sed -i s/gone/otasuke-state/ /etc/fstab && sync")
}

// restart has the machine go down and come up.
func (m *machine) restart(t *testing.T) {
	t.Helper()
	_, _ = m.ask("systemd-run --on-active=1 systemctl reboot")
	until(t, "the machine goes down", bootWithin, func() bool { return !m.line() && !m.line() })
	m.on = time.Now()
}

// masked is a box whose program never starts: power-cycled, the office has its line.
func (m *machine) masked(t *testing.T) {
	m.must("systemctl mask otasuke-gateway && sync")
	m.restart(t)
	until(t, "the office reaches the internet without the box", bootWithin, m.line)
	t.Logf("restart to a line, the box's program masked: %s", m.since())
	if !m.beacon() {
		t.Error("something is inspected, though the box does not run")
	}
}

// year sets the box's clock a year ahead, as an empty battery does the other way round: the office keeps
// its line and its protection, also after a start with that clock, and the page says what is wrong. Set
// right, all is well again by itself.
func (m *machine) year(t *testing.T) {
	pc, front := at(t, m.PC1), "http://"+boxLease+"/?lang=ja"
	m.must("systemctl stop systemd-timesyncd && date -s '+1 year'")
	if !m.protects() {
		t.Error("the box does not protect with a wrong clock")
	}
	m.again(t, "killed with a wrong clock", "systemctl kill -s KILL otasuke-gateway")
	pc.until(front, "ボックスの時計がずれています")
	m.must("date -s '-1 year'")
	pc.until(front, "センターの時計と合っています")
	if !m.protects() {
		t.Error("the box does not protect with its clock set right")
	}
}
