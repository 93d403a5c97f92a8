package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"otasuke/centre"
	"otasuke/gateway"
)

// Sizes that a room may have (docs/style.md). A room that grows past them is
// rebuilt; what is larger for now stands in tooBig with the reason.
const (
	maxFileLines    = 500
	maxPackageLines = 2500
	maxFuncLines    = 100 // for all but one in a hundred functions
	maxReadmeLines  = 100
)

var tooBig = map[string]string{}

// levels of the centre: a room imports only from levels below its own. Rooms of one
// level do not import each other, but for the pairs in sideways.
var levels = map[string]int{
	"store": 1, "job": 1, "mail": 1, "password": 1,
	"tenant": 2,
	"device": 3, "enrol": 3, "alert": 3, "usage": 3, "question": 3, "appeal": 3, "release": 3, "attach": 3, "policy": 3, "bulletin": 3, "care": 3, "knowledge": 4, "feed": 4, "passkey": 3, "oidc": 3, "letin": 3, "backup": 4, "misfire": 4, "witness": 3, "pairing": 4, "report": 4, "group": 4, "export": 4, "erase": 4, "dispatch": 4, "cover": 4, "retention": 4, "contract": 4, "advisory": 4, "billing": 4, "discovery": 4,
	"intake": 5, "notify": 5,
	"ops": 5, "parcel": 5, "statistics": 5, "hook": 5, "survey": 4, "desk": 4, "shift": 4, "news": 5,
	"sample": 6, "ui": 6, "portal": 6, "console": 6,
}

// sideways are imports within a level, with the reason.
var sideways = map[string]string{
	"job→store":        "a job is enqueued in the transaction of what causes it",
	"enrol→device":     "a certificate is issued for a claim",
	"billing→contract": "invoices are made of contracts",
	"cover→dispatch":   "a claim is about a visit",
	"cover→contract":   "terms and years are those of a contract",
	"portal→ui":        "faces share their frame",
	"console→ui":       "faces share their frame",
	"console→notify":   "the console shows what customers were told",
}

// pure rooms have no goroutine, clock or I/O.
var pure = []string{"rule", "gateway/internal/packet", "gateway/internal/flow", "gateway/internal/session", "gateway/internal/stream",
	"gateway/internal/appid", "gateway/internal/app", "gateway/internal/apps", "gateway/internal/fields", "gateway/internal/file", "gateway/internal/reply", "gateway/internal/decision", "centre/internal/billing/rule", "internal/zengin"}

// clocks are what tells the time or waits for it; dates themselves are only data.
var clocks = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}

// only names who may import what.
var only = map[string][]string{
	"database/sql":                            {"centre/internal/store", "centre/internal/storetest"},
	"modernc.org/sqlite":                      {"centre/internal/store"},
	"github.com/jackc/pgx/v5/stdlib":          {"centre/internal/store", "centre/internal/storetest"},
	"html/template":                           {"centre/internal/ui", "centre/internal/portal", "centre/internal/console", "centre/internal/notify", "centre/internal/news", "e2e/mailsink", "gateway/internal/frontpage"},
	"github.com/ti-mo/conntrack":              {"gateway/internal/enforce"},
	"github.com/insomniacslk/dhcp":            {"gateway/internal/route/prefix"},
	"github.com/vishvananda/netlink":          {"gateway/internal/enforce", "gateway/internal/manage", "gateway/internal/route", "e2e/lab"},
	"github.com/gopacket/gopacket":            {"gateway/internal/capture", "gateway/internal/manage", "e2e/lab", "e2e/talk"},
	"github.com/miekg/dns":                    {"e2e/lab"},
	"github.com/quic-go/quic-go":              {"e2e/lab"},
	"github.com/emersion/go-smtp":             {"e2e/lab", "e2e/mailsink", "e2e/sim"},
	"github.com/emersion/go-imap/v2":          {"centre/internal/desk"},
	"github.com/emersion/go-message":          {"centre/internal/desk", "centre/internal/news"},
	"github.com/wneessen/go-mail":             {"centre/internal/mail"},
	"github.com/parquet-go/parquet-go":        {"gateway/internal/flowlog"},
	"github.com/gaissmai/bart":                {"gateway/internal/country"},
	"github.com/coreos/go-systemd/v22":        {"gateway/internal/pulse"},
	"github.com/dlclark/regexp2":              {"gateway/internal/match"},
	"github.com/andybalholm/brotli":           {"gateway/internal/app"},
	"github.com/goccy/go-yaml":                {"gateway/internal/yamlconf", "e2e/verify"},
	"github.com/klauspost/compress":           {"gateway/internal/uplink", "gateway/internal/update", "centre/internal/intake", "centre/internal/release", "centre/internal/backup", "e2e/sim", "e2e/bench/fleet"},
	"golang.org/x/crypto/cryptobyte":          {"gateway/internal/app"},
	"golang.org/x/crypto/argon2":              {"centre/internal/password"},
	"github.com/trustelem/zxcvbn":             {"centre/internal/password"},
	"github.com/emersion/go-msgauth":          {"e2e/mailsink"},
	"github.com/go-webauthn/webauthn":         {"centre/internal/passkey"},
	"github.com/coreos/go-oidc/v3":            {"centre/internal/oidc"},
	"github.com/go-jose/go-jose/v4":           {"e2e/idp"},
	"golang.org/x/oauth2":                     {"centre/internal/oidc"},
	"golang.org/x/crypto/ssh":                 {"e2e/lab"},
	"github.com/prometheus/client_golang":     {"centre/internal/ops"},
	"github.com/theupdateframework/go-tuf/v2": {"centre/internal/release", "gateway/internal/update"},
	"github.com/sigstore/sigstore":            {"centre/internal/release"},
	"codeberg.org/go-pdf/fpdf":                {"internal/paper"},
	"github.com/rivo/uniseg":                  {"internal/paper"},
	"golang.org/x/image":                      {"internal/paper"},
}

// pkg is one package directory without its tests.
type pkg struct {
	dir     string
	files   []*ast.File
	names   []string
	lines   int
	imports map[string]bool
}

// house reads every package of the repository.
func house(t *testing.T) (map[string]*pkg, *token.FileSet) {
	t.Helper()
	set, fset := map[string]*pkg{}, token.NewFileSet()
	for _, name := range tracked(t, "*.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			continue // removed and not committed yet
		}
		f, err := parser.ParseFile(fset, name, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(name)
		p := set[dir]
		if p == nil {
			p = &pkg{dir: dir, imports: map[string]bool{}}
			set[dir] = p
		}
		p.files, p.names, p.lines = append(p.files, f), append(p.names, name), p.lines+bytes.Count(src, []byte("\n"))
		for _, i := range f.Imports {
			p.imports[strings.Trim(i.Path.Value, `"`)] = true
		}
	}
	return set, fset
}

// tracked lists the files that belong to the repository.
func tracked(t *testing.T, patterns ...string) []string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"ls-files", "-co", "--exclude-standard", "--"}, patterns...)...).Output()
	if err != nil {
		t.Skipf("not a git checkout: %v", err)
	}
	return strings.Fields(string(out))
}

func TestPackageDocs(t *testing.T) {
	set, _ := house(t)
	for dir, p := range set {
		n := 0
		for _, f := range p.files {
			if f.Doc != nil && f.Name.Name != "main" || f.Doc != nil && dir == "." {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s has %d package comments, want one", dir, n)
		}
	}
}

func TestSizes(t *testing.T) {
	set, fset := house(t)
	var all, long int
	for dir, p := range set {
		if p.lines > maxPackageLines && tooBig[dir] == "" {
			t.Errorf("%s has %d lines without tests, at most %d", dir, p.lines, maxPackageLines)
		}
		for i, f := range p.files {
			if n := fset.File(f.Pos()).LineCount(); n > maxFileLines {
				t.Errorf("%s has %d lines, at most %d", p.names[i], n, maxFileLines)
			}
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				all++
				if n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; n > maxFuncLines {
					long++
					t.Logf("%s: %s has %d lines", p.names[i], fn.Name.Name, n)
				}
			}
		}
	}
	if long*100 > all {
		t.Errorf("%d of %d functions are longer than %d lines", long, all, maxFuncLines)
	}
}

func TestFileNames(t *testing.T) {
	bad := regexp.MustCompile(`(^|/)(util|utils|common|helpers|models|services|misc|types)(/|\.go$)`)
	for _, name := range tracked(t, "*.go") {
		base := strings.TrimSuffix(filepath.Base(name), ".go")
		base = strings.TrimSuffix(base, "_test")
		base = strings.TrimSuffix(strings.TrimSuffix(base, "_linux"), "_other")
		if strings.Contains(base, "_") {
			t.Errorf("%s: no underscores in file names", name)
		}
		if bad.MatchString(name) {
			t.Errorf("%s: a room needs a name of its own", name)
		}
	}
}

// The wings are kept apart, the foundation knows no domain, and the centre's
// rooms look only downwards.
func TestImports(t *testing.T) {
	set, _ := house(t)
	for dir, p := range set {
		for path := range p.imports {
			inner, ours := strings.CutPrefix(path, "otasuke/")
			if !ours {
				continue
			}
			if why := wall(dir, inner); why != "" {
				t.Errorf("%s imports %s: %s", dir, inner, why)
			}
		}
	}
}

// wall says why dir may not import path, or "".
func wall(dir, path string) string {
	wing := func(s string) string { first, _, _ := strings.Cut(s, "/"); return first }
	switch from, to := wing(dir), wing(path); {
	case from == "." || from == "e2e":
		return ""
	case to == "e2e":
		return "nothing of the product depends on the lab"
	case from == "gateway" && to == "centre", from == "centre" && to == "gateway":
		return "the wings meet in wire only"
	case (from == "wire" || from == "rule" || from == "internal") && to != "internal" && to != from:
		return "the doorway, the rule language and the foundation know no wing"
	case from == "content" && to != "content" && to != "rule" && to != "wire" && to != "internal":
		return "content is data"
	case from == "centre" && to == "centre":
		return sideway(dir, path)
	}
	return ""
}

// sideway judges imports between rooms of the centre.
func sideway(dir, path string) string {
	room := func(s string) string {
		rest, ok := strings.CutPrefix(s, "centre/internal/")
		if !ok {
			return ""
		}
		first, _, _ := strings.Cut(rest, "/")
		return first
	}
	from, to := room(dir), room(path)
	if from == "" || from == to || from == "storetest" {
		return ""
	}
	if levels[from] == 0 {
		return "room without a level in house_test.go"
	}
	if levels[to] < levels[from] || sideways[from+"→"+to] != "" {
		return ""
	}
	return fmt.Sprintf("level %d may not look at level %d", levels[from], levels[to])
}

func TestOnly(t *testing.T) {
	set, _ := house(t)
	for dir, p := range set {
		for path := range p.imports {
			for what, who := range only {
				if path != what && !strings.HasPrefix(path, what+"/") {
					continue
				}
				if what == "database/sql" && strings.HasPrefix(dir, "centre/internal/") && onlyIn(p, path, "store.go") {
					continue
				}
				if !slices.ContainsFunc(who, func(w string) bool { return dir == w || strings.HasPrefix(dir, w+"/") }) {
					t.Errorf("%s imports %s, which is for %v", dir, path, who)
				}
			}
		}
	}
}

// onlyIn tells that a package imports path in one file only.
func onlyIn(p *pkg, path, file string) bool {
	for i, f := range p.files {
		for _, im := range f.Imports {
			if strings.Trim(im.Path.Value, `"`) == path && filepath.Base(p.names[i]) != file {
				return false
			}
		}
	}
	return true
}

func TestPure(t *testing.T) {
	set, _ := house(t)
	for dir, p := range set {
		if !slices.ContainsFunc(pure, func(w string) bool { return dir == w || strings.HasPrefix(dir, w+"/") }) {
			continue
		}
		for _, bad := range []string{"os", "net", "net/http", "sync", "log/slog", "math/rand/v2"} {
			if p.imports[bad] {
				t.Errorf("%s imports %s: it is a pure room", dir, bad)
			}
		}
		for i, f := range p.files {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					t.Errorf("%s starts a goroutine: it is a pure room", p.names[i])
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
						t.Errorf("%s asks the clock (time.%s): it is a pure room", p.names[i], n.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

// The picture of the house and the tree agree.
func TestArchitecture(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	set, _ := house(t)
	for dir := range set {
		if dir != "." && !bytes.Contains(text, []byte("`"+dir+"`")) {
			t.Errorf("docs/architecture.md does not name the room `%s`", dir)
		}
	}
	for _, m := range regexp.MustCompile("`((?:gateway|centre|content|internal|e2e)(?:/[a-z0-9]+)+)`").FindAllSubmatch(text, -1) {
		if _, err := os.Stat(string(m[1])); err != nil {
			t.Errorf("docs/architecture.md names %s, which is not there", m[1])
		}
	}
}

// Every direct dependency has a line that says why.
func TestDependencies(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllSubmatch(mod, -1) {
		if !bytes.Contains(doc, append([]byte("| `"), m[1]...)) {
			t.Errorf("docs/dependencies.md says nothing about %s", m[1])
		}
	}
}

func TestReadme(t *testing.T) {
	for _, name := range []string{"README.md", "README.ja.md"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if n := bytes.Count(b, []byte("\n")); n > maxReadmeLines {
			t.Errorf("%s has %d lines, at most %d", name, n, maxReadmeLines)
		}
	}
}

// Links between documents lead somewhere.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	for _, name := range tracked(t, "*.md") {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for _, m := range link.FindAllSubmatch(b, -1) {
			if _, err := fs.Stat(os.DirFS("."), filepath.Clean(filepath.Join(filepath.Dir(name), string(m[1])))); err != nil {
				t.Errorf("%s: %s leads nowhere", name, m[1])
			}
		}
	}
}

// What builds the container has the Go that the module wants, and copies files that are there.
func TestContainer(t *testing.T) {
	text, err := os.ReadFile("packaging/docker/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if want == nil || !bytes.Contains(text, append([]byte("FROM golang:"), want[1]...)) {
		t.Errorf("the image is not built with Go %s", want[1])
	}
	for _, m := range regexp.MustCompile(`(?m)^COPY ([^-\n]+) \S+$`).FindAllSubmatch(text, -1) {
		for _, name := range strings.Fields(string(m[1])) {
			if _, err := os.Stat(name); err != nil {
				t.Error(err)
			}
		}
	}
	if !bytes.Contains(text, []byte("\nUSER ")) {
		t.Error("the centre runs as root")
	}
}

// The shipped configuration files are read by the program that they are for.
func TestExampleConfigs(t *testing.T) {
	if _, err := gateway.LoadConfig("packaging/gateway.toml"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"packaging/centre.toml", "packaging/docker/centre.toml.example"} {
		if _, err := centre.LoadConfig(name); err != nil {
			t.Error(err)
		}
	}
}

// A page's own field must not hide one of the frame's: the frame would show the page's, or break.
func TestFrameIsNotHidden(t *testing.T) {
	set, _ := house(t)
	var frame []string
	each := func(dir string, see func(name string, s *ast.StructType)) {
		for _, f := range set[dir].files {
			ast.Inspect(f, func(n ast.Node) bool {
				if d, ok := n.(*ast.TypeSpec); ok {
					if s, ok := d.Type.(*ast.StructType); ok {
						see(d.Name.Name, s)
					}
				}
				return true
			})
		}
	}
	names := func(s *ast.StructType, see func(string)) {
		for _, f := range s.Fields.List {
			for _, n := range f.Names {
				see(n.Name)
			}
		}
	}
	each("centre/internal/ui", func(name string, s *ast.StructType) {
		if name == "Base" {
			names(s, func(n string) { frame = append(frame, n) })
		}
	})
	for _, f := range set["centre/internal/ui"].files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && types.ExprString(fn.Recv.List[0].Type) == "Base" {
				frame = append(frame, fn.Name.Name)
			}
		}
	}
	if len(frame) < 15 {
		t.Fatalf("the frame has %v: is that all?", frame)
	}
	for dir := range set {
		each(dir, func(name string, s *ast.StructType) {
			for _, f := range s.Fields.List {
				if len(f.Names) > 0 || types.ExprString(f.Type) != "ui.Base" {
					continue
				}
				names(s, func(n string) {
					if slices.Contains(frame, n) {
						t.Errorf("%s: %s.%s hides the frame's", dir, name, n)
					}
				})
			}
		})
	}
}
