package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"otasuke/centre"
	"otasuke/e2e/bench"
	"otasuke/e2e/demo"
	"otasuke/e2e/sim"
	"otasuke/e2e/soak"
	"otasuke/gateway"
)

func logger(name string) *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, nil)).With("part", name)
}

// runTry tries a bundle as boxes do: what the centre runs before it lets one out.
func runTry(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("gateway try", flag.ContinueOnError)
	kind := fs.String("kind", "", "rules, lists, applications, virus or program")
	dir := fs.String("dir", "", "`folder` with its files")
	captures := fs.String("captures", "", "`folder` with captures of harmless traffic, of which rules may block nothing")
	if fs.Parse(args) != nil || fs.NArg() > 0 || *dir == "" {
		return errUsage
	}
	return gateway.TryBundle(ctx, *kind, *dir, *captures)
}

// runGateway is the box; "gateway engine" is the process that it starts itself.
func runGateway(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "try" {
		return runTry(ctx, args[1:])
	}
	inner := len(args) > 0 && args[0] == "engine"
	if inner {
		args = args[1:]
	}
	fs := flag.NewFlagSet("gateway", flag.ContinueOnError)
	path := fs.String("config", "/etc/otasuke/gateway.toml", "configuration `file`")
	eve := fs.String("eve", "", "inspect nothing: carry the alerts of the Suricata, OPNsense or pfSense that writes this `file` or socket (unix:/path, unixgram:/path)")
	line := fs.Bool("bridge", false, "only join the two ports, and end: traffic passes uninspected")
	check := fs.Bool("check", false, "only say what is wrong with the configuration")
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		return errUsage
	}
	if *line {
		return gateway.Line(ctx, *path, logger("bridge"))
	}
	if !inner && !*check {
		gateway.Boot(*path, logger("box"))
	}
	cfg, err := gateway.LoadConfig(*path, func(c *gateway.Config) {
		if *eve != "" {
			c.EVEInput = *eve
		}
	})
	if err != nil {
		return err
	}
	if *check {
		return nil
	}
	cfg.Software = version()
	if inner {
		cfg.Log = logger("engine")
		return gateway.RunEngine(ctx, cfg)
	}
	cfg.Log = logger("box")
	box, err := gateway.New(cfg)
	if err != nil {
		return err
	}
	if err = box.Run(ctx); errors.Is(err, gateway.ErrRelaunch) {
		return gateway.Relaunch()
	}
	return err
}

// codedError ends the program with a status of its own.
type codedError struct {
	error
	code int
}

// runCentre is the centre; its other words are for the first start and for scripts.
func runCentre(ctx context.Context, args []string) error {
	verb := "run"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		verb, args = args[0], args[1:]
	}
	err := centreVerb(ctx, verb, args)
	if code := centre.MailExit(err); verb == "desk-mail" && code != 0 {
		return codedError{err, code} // a mail server asks for these
	}
	return err
}

func centreVerb(ctx context.Context, verb string, args []string) error {
	fs := flag.NewFlagSet("centre "+verb, flag.ContinueOnError)
	path := fs.String("config", "/etc/otasuke/centre.toml", "configuration `file`")
	var bundle centre.BundleFlags
	var advisories centre.AdvisoryFlags
	notes := false
	what, file, dir, from, to := "", "", "", "", ""
	switch verb {
	case "backup":
		fs.StringVar(&dir, "to", ".", "`folder`")
	case "audit":
		fs.StringVar(&file, "against", "", "`file` of what it said before")
	case "restore", "prove":
		fs.StringVar(&file, "from", "", "backup `file`")
	case "export":
		fs.StringVar(&file, "o", "", "`file` for the ZIP")
		fs.BoolVar(&notes, "notes", false, "the desk's own notes instead, as a table")
		if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
			what, args = args[0], args[1:]
		}
	case "statistics":
		fs.StringVar(&file, "o", "", "`file` for the CSV")
		fs.StringVar(&from, "from", "", "first `month`, 2026-01")
		fs.StringVar(&to, "to", "", "last `month`")
	case "bundle":
		if bundle.Set(fs); len(args) > 0 {
			what, args = args[0], args[1:]
		}
	case "advisories":
		if advisories.Set(fs); len(args) > 0 {
			what, args = args[0], args[1:]
		}
	}
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		if verb == "bundle" {
			return centre.ErrBundleUse
		}
		return errUsage
	}
	if verb == "advisories" && what != "load" { // where the key is there is no centre
		return answer(nil, func() (any, error) { return centre.SignAdvisories(what, advisories) })
	}
	cfg, err := centre.LoadConfig(*path)
	if err != nil {
		return err
	}
	cfg.Log, cfg.Software = logger("centre"), version()
	switch verb { // these do not need a database, or want none
	case "restore":
		return answer(nil, func() (any, error) { return centre.Restore(ctx, cfg, file) })
	case "prove":
		return answer(nil, func() (any, error) { return centre.Prove(ctx, file) })
	}
	c, err := centre.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	switch verb {
	case "run":
		return c.Run(ctx)
	case "add-company":
		var n centre.NewCompany
		return answer(&n, func() (any, error) { return c.AddCompany(ctx, n) })
	case "add-operator":
		var n struct{ Name, Email, Password string }
		return answer(&n, func() (any, error) { return c.AddOperator(ctx, n.Name, n.Email, n.Password) })
	case "let-in":
		var n struct{ Email, Why string }
		return answer(&n, func() (any, error) { return c.LetIn(ctx, n.Email, n.Why) })
	case "alerts":
		return answer(nil, func() (any, error) { return c.Alerts(ctx, "listed on the command line") })
	case "requests":
		return answer(nil, func() (any, error) { return c.Requests(ctx, "listed on the command line") })
	case "desk-mail":
		return c.DeskMail(ctx, os.Stdin)
	case "backup":
		return answer(nil, func() (any, error) { return c.Backup(ctx, dir) })
	case "audit":
		return answer(nil, func() (any, error) { return c.Witness().Ask(ctx, file) })
	case "backups":
		return answer(nil, func() (any, error) { return c.Backups(ctx) })
	case "export":
		if what == "" || file == "" {
			return errUsage
		}
		if notes {
			return answer(nil, func() (any, error) { return c.Notes(ctx, what, file) })
		}
		return answer(nil, func() (any, error) { return c.Export(ctx, what, file) })
	case "statistics":
		if file == "" {
			return errUsage
		}
		return answer(nil, func() (any, error) { return c.Statistics(ctx, from, to, file) })
	case "delete-company":
		var d centre.Deletion
		return answer(&d, func() (any, error) { return c.DeleteCompany(ctx, &d) })
	case "deletions":
		return answer(nil, func() (any, error) { return c.Deletions(ctx) })
	case "sample":
		n := centre.SampleSize{Lively: 30, Others: 300, Months: 12}
		return answer(&n, func() (any, error) { return c.Sample(ctx, n) })
	case "tidy":
		return answer(nil, func() (any, error) { return c.Tidy(ctx) })
	case "bundle":
		return answer(nil, func() (any, error) { return c.Bundle(ctx, what, bundle) })
	case "advisories":
		return answer(nil, func() (any, error) { return c.LoadAdvisories(ctx, advisories) })
	case "health":
		return answer(nil, func() (any, error) { return c.Health(ctx, "listed on the command line") })
	}
	return errUsage
}

// runSim pretends to be many boxes.
func runSim(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("sim", flag.ContinueOnError)
	var o sim.Options
	fs.IntVar(&o.Boxes, "boxes", 100, "how many")
	fs.DurationVar(&o.For, "for", time.Minute, "for how long")
	fs.DurationVar(&o.Heartbeat, "heartbeat", time.Minute, "time between two of a box")
	fs.Float64Var(&o.Burst, "burst", 1, "so many times the usual events")
	fs.DurationVar(&o.BurstFor, "burst-for", 0, "how `long` the burst lasts; all the time without")
	fs.DurationVar(&o.CutFor, "cut-for", 0, "cut the line to the centre that is started for so `long`")
	fs.DurationVar(&o.CutAfter, "cut-after", 0, "from `when` on; a third of the time without")
	fs.BoolVar(&o.Kill, "kill", false, "kill each process of it with -9 in the burst, one after the other, and start it again")
	must := fs.Bool("must", false, "end with status 1 when anything was lost or doubled")
	fs.BoolVar(&o.Flood, "flood", false, "send as many events as the centre takes")
	fs.BoolVar(&o.Self, "self", false, "start a centre, with companies of its own")
	fs.StringVar(&o.Database, "database", "", "`address` of its database, an empty one; a new SQLite file otherwise")
	fs.IntVar(&o.Processes, "processes", 1, "so many processes of it on that database")
	fs.StringVar(&o.URL, "url", "", "`address` of the boxes' listener of a centre that runs already")
	fs.StringVar(&o.Fingerprint, "fingerprint", "", "of that centre")
	codes := fs.String("codes", "", "`file` with a claim code a line, one for each box")
	fs.StringVar(&o.Profile, "profile", "", "`folder` for profiles of the centre that was started")
	fs.DurationVar(&o.Settle, "settle", time.Minute, "how long mails may take after the last event")
	fs.Bool("json", true, "end with one JSON line; it always does")
	if fs.Parse(args) != nil || fs.NArg() > 0 || o.Self == (o.URL != "") {
		return errUsage
	}
	if *codes != "" {
		text, err := os.ReadFile(*codes)
		if err != nil {
			return err
		}
		o.Codes = strings.Fields(string(text))
	}
	o.Say = os.Stderr
	res, err := sim.Run(ctx, o)
	if err != nil {
		return err
	}
	err = json.NewEncoder(os.Stdout).Encode(res)
	if *must && !res.Whole() {
		err = errors.Join(err, fmt.Errorf("of %d events %d were committed; of %d alerts %d were lost and %d doubled", res.Sent, res.Committed, res.Alerts, res.Lost, res.Duplicate))
	}
	return err
}

func runDemo(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	o := demo.Options{Out: os.Stdout}
	fs.BoolVar(&o.Once, "once", false, "end after the last step; exit status 0 only if all was as expected")
	fs.BoolVar(&o.Replay, "replay", false, "replay capture files even where a lab could be built")
	fs.StringVar(&o.Record, "record", "", "write the traffic of each step into this `folder`")
	fs.Int64Var(&o.Big, "big", demo.DefaultBig, "size of the large downloads in `bytes`")
	fs.IntVar(&o.Customers, "customers", -1, "made-up customers of a second centre, to look round in; by default 330, with -once none")
	logs := fs.String("log", "", "write the processes' logs to this `file` instead of nowhere")
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		return errUsage
	}
	if o.Customers < 0 {
		if o.Customers = 330; o.Once {
			o.Customers = 0
		}
	}
	if *logs != "" {
		f, err := os.Create(*logs)
		if err != nil {
			return err
		}
		defer f.Close()
		o.Err = f
	}
	return demo.Run(ctx, o)
}

func runBench(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	o := bench.Options{Out: os.Stdout, Log: io.Discard}
	fs.StringVar(&o.Path, "o", "", "write the figures to this `file`")
	fs.DurationVar(&o.Each, "each", 2*time.Second, "length of one measurement")
	fs.IntVar(&o.Rounds, "rounds", 3, "how often kernel and box are measured in turn")
	fs.DurationVar(&o.Hold, "hold", 10*time.Second, "how long connections are opened one after the other")
	fs.StringVar(&o.Doc, "doc", "", "write the table of figures in this Markdown `file` anew")
	only := fs.String("only", "", "measure only what begins with one of these `names`, separated by commas: start, box, kernel, judged, nogso, peer, flows, downloads, apps, sites, centre, offline.http ...")
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		return errUsage
	}
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	return bench.Run(ctx, o)
}

func runSoak(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("soak", flag.ContinueOnError)
	o := soak.Options{Out: os.Stdout, Log: io.Discard, Data: os.Getenv("OTASUKE_DATA")}
	fs.DurationVar(&o.Length, "for", 10*time.Minute, "how `long` the office works")
	if fs.Parse(args) != nil || fs.NArg() > 0 {
		return errUsage
	}
	return soak.Run(ctx, o)
}

// answer reads what a command is about as JSON from standard input, so that no
// password stands in a command line, and prints the result as JSON.
func answer(in any, do func() (any, error)) error {
	if in != nil {
		dec := json.NewDecoder(os.Stdin)
		dec.DisallowUnknownFields()
		if err := dec.Decode(in); err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
	}
	out, err := do()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// list collects a flag that may be repeated.
type list []string

func (l *list) String() string     { return fmt.Sprint(*l) }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func runInspect(ctx context.Context, args []string) error {
	var rules, set list
	fs := flag.NewFlagSet("inspect", flag.ContinueOnError)
	capture := fs.String("r", "", "capture `file` (pcap or pcapng, plain or gzip), or a folder of them")
	each := fs.Bool("each", false, "judge every capture of the folder alone, into a folder of its own below -l")
	dir := fs.String("l", ".", "`folder` for eve.json")
	fs.Var(&rules, "S", "rule `file`; the built-in starter rules without it")
	conf := fs.String("c", "", "Suricata configuration `file` (YAML), of which variables, protocols, limits and outputs count")
	fs.Var(&set, "set", "single `setting` of it, path.to.key=value; may be repeated")
	prevent := fs.Bool("simulate-ips", false, "carry verdicts out as an inline box would")
	ips := fs.String("ips", "", "which rules block: default for the policy that is shipped, or a TOML `file` with one")
	clamd := fs.String("clamd", "", "scan files with the clamd at this `socket`")
	cache := fs.String("cache", "", "keep compiled rules in this `folder` and take them from there")
	machine := fs.Bool("json", false, "print the summary as JSON on standard output")
	fs.String("k", "none", "checksums: accepted for compatibility, captures are read without checking them")
	if fs.Parse(args) != nil || fs.NArg() > 0 || *capture == "" {
		return errUsage
	}
	blocks, err := gateway.ReadPolicy(*ips)
	if err != nil {
		return err
	}
	sum, err := gateway.Inspect(ctx, gateway.InspectConfig{
		Capture: *capture, Each: *each, Rules: rules, Conf: *conf, Set: set, IPS: blocks, Dir: *dir, Prevent: *prevent, ClamdSocket: *clamd, Cache: *cache, Warn: os.Stderr,
	})
	if err == nil || sum.Packets > 0 {
		fmt.Fprintf(os.Stderr, "Notice: %d rules loaded, %d left out; read %d captures, %d packets, %d bytes; %d alerts\n",
			sum.Rules, sum.Refused, sum.Captures, sum.Packets, sum.Bytes, sum.Alerts)
	}
	if *machine && err == nil {
		err = json.NewEncoder(os.Stdout).Encode(sum)
	}
	if sum.Panics > 0 {
		fmt.Fprintf(os.Stderr, "W: %d flows lost their inspection by a fault of this program: please send the capture to its makers\n", sum.Panics)
	}
	return err
}

func runRules(_ context.Context, args []string) error {
	if len(args) == 0 || args[0] != "check" {
		return errUsage
	}
	var files list
	fs := flag.NewFlagSet("rules check", flag.ContinueOnError)
	fs.Var(&files, "S", "rule `file`; may be repeated")
	if fs.Parse(args[1:]) != nil || len(files) == 0 {
		return errUsage
	}
	rep, err := gateway.CheckRules(files)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(rep)
}
