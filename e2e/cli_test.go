package e2e

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"otasuke/e2e/talk"
)

// The commands as a person at a terminal uses them, with what they print and the
// status they end with.
func TestCommands(t *testing.T) {
	dir := filepath.Dir(build(t))
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", dir+string(os.PathListSeparator)+env.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"capture": capture, "shorten": shorten, "compress": compress, "noise": noise, "alerts": alerts, "count": count, "jsonfield": jsonfield,
		},
	})
}

// capture TALK FILE writes a conversation as a capture file.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	c, err := talk.Parse(ts.ReadFile(args[0]))
	ts.Check(err)
	var b bytes.Buffer
	ts.Check(c.WritePcap(&b))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

// shorten FILE N takes N bytes off the end, or all with "all".
func shorten(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	n := info.Size()
	if args[1] != "all" {
		n, err = strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
	}
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()-n))
}

// compress FILE OUT.
func compress(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(z.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b.Bytes(), 0o600))
}

// noise FILE N writes N bytes without sense, always the same.
func noise(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// lines reads an eve.json and checks what every line must have.
func lines(ts *testscript.TestScript, name string) (out []map[string]any) {
	s := bufio.NewScanner(strings.NewReader(ts.ReadFile(name)))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var r map[string]any
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			ts.Fatalf("%s: %v: %s", name, err, s.Bytes())
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000000-0700", fmt.Sprint(r["timestamp"])); err != nil {
			ts.Fatalf("%s: %v", name, err)
		}
		for _, key := range []string{"event_type", "src_ip", "dest_ip", "proto", "flow_id"} {
			if r[key] == nil && (r["event_type"] != "stats" || key == "event_type") { // statistics are of nobody
				ts.Fatalf("%s: no %s in %s", name, key, s.Bytes())
			}
		}
		out = append(out, r)
	}
	return out
}

// alerts FILE [ACTION:SID ...] compares the alerts, sorted.
func alerts(ts *testscript.TestScript, _ bool, args []string) {
	got := []string{}
	for _, r := range lines(ts, args[0]) {
		if r["event_type"] == "alert" {
			a := r["alert"].(map[string]any)
			got = append(got, fmt.Sprintf("%v:%.0f", a["action"], a["signature_id"]))
		}
	}
	slices.Sort(got)
	if want := args[1:]; !slices.Equal(got, want) {
		ts.Fatalf("alerts %v, want %v", got, want)
	}
}

// count FILE TYPE N compares the number of records of a type.
func count(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	for _, r := range lines(ts, args[0]) {
		if r["event_type"] == args[1] {
			n++
		}
	}
	if strconv.Itoa(n) != args[2] {
		ts.Fatalf("%d records of type %s, want %s", n, args[1], args[2])
	}
}

// jsonfield FILE PATH WANT compares one value of a JSON file; a record of type T in an
// eve.json is "T.path".
func jsonfield(ts *testscript.TestScript, _ bool, args []string) {
	path := strings.Split(args[1], ".")
	var v any
	if strings.HasSuffix(args[0], "eve.json") {
		for _, r := range lines(ts, args[0]) {
			if r["event_type"] == path[0] {
				v = r
				break
			}
		}
		path = path[1:]
	} else {
		dec := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
		dec.UseNumber()
		ts.Check(dec.Decode(&v))
	}
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(x) {
				ts.Fatalf("no %s in a list of %d", p, len(x))
			}
			v = x[i]
		default:
			ts.Fatalf("no %s in %v", p, v)
		}
	}
	if got := fmt.Sprint(v); got != args[2] {
		ts.Fatalf("%s is %q, want %q", args[1], got, args[2])
	}
}

// A program that is built as 'make build' and the package do says its version, which the centre
// shows of each box; Debian takes it for newer than that of an earlier changelog entry.
func TestVersion(t *testing.T) {
	t.Parallel()
	stamp, err := exec.Command("../packaging/version").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(stamp))
	if !regexp.MustCompile(`^0\.[0-9]+\.0\+([0-9]{8}\.[0-9a-f]{10}|local)(\.dirty)?$`).MatchString(want) {
		t.Errorf("version %q", want)
	}
	exe := filepath.Join(t.TempDir(), "otasuke")
	if out, err := exec.Command("go", "build", "-ldflags", "-X main.stamp="+want, "-o", exe, "..").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command(exe, "version").Output(); err != nil || string(out) != "otasuke "+want+"\n" {
		t.Errorf("says %q, %v", out, err)
	}
}
