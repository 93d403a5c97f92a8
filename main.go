// Command otasuke is the cyber-security helper service for small companies: the
// box that protects an office and the centre that watches the boxes.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

const usage = `otasuke: the box and the centre of a cyber-security helper service

  otasuke gateway -config FILE            protect an office (the box)
  otasuke centre  -config FILE            watch boxes, tell people (the centre)
  otasuke centre add-company|add-operator|alerts|requests|health -config FILE
                                          first start and scripts (JSON on standard input)
  otasuke centre backup -to DIR|restore -from FILE|prove -from FILE|backups -config FILE
  otasuke centre audit -config FILE [-against FILE]
                                          copies of everything that a centre cannot make again
  otasuke centre export COMPANY [-notes] -o FILE|delete-company|deletions|tidy -config FILE
                                          give a company its data, delete it, delete what is too old
  otasuke centre desk-mail -config FILE < MAIL
                                          a mail for the consultation desk, from a mail server
  otasuke centre bundle init|add|list|stop|go|feeds|fetch|rotate -config FILE
                                          what keeps boxes current, let out in waves
  otasuke centre advisories new-key|sign|load
                                          what makers warn of, signed, without a new program
  otasuke demo [-once]                    an office, a box and a hostile internet on this machine
  otasuke bench [-o FILE] [-only NAMES]   measure the box against the bare kernel
  otasuke soak [-for 1h]                  let an office of 100 PCs work through a box
  otasuke sim -boxes N -for 60s -self     pretend to be N boxes, end with one JSON line
  otasuke inspect -r FILE -S RULES -l DIR judge a capture file, write DIR/eve.json
  otasuke rules check -S FILE             say which rules of a file load
  otasuke version
`

// roles are what the first argument chooses.
var roles = map[string]func(context.Context, []string) error{
	"gateway": runGateway,
	"centre":  runCentre,
	"demo":    runDemo,
	"bench":   runBench,
	"soak":    runSoak,
	"sim":     runSim,
	"inspect": runInspect,
	"rules":   runRules,
	"version": func(context.Context, []string) error { fmt.Println("otasuke", version()); return nil },
}

// errUsage ends with the usage text and status 2.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err := errUsage
	if len(os.Args) > 1 {
		if run, ok := roles[os.Args[1]]; ok {
			err = run(ctx, os.Args[2:])
		}
	}
	var coded codedError
	switch {
	case errors.As(err, &coded):
		fmt.Fprintln(os.Stderr, "E:", err)
		os.Exit(coded.code)
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "E:", err)
		os.Exit(1)
	}
}

// stamp is the version that packaging/version says, put in by the linker.
var stamp string

// version of this build: its stamp, else what version control says.
func version() string {
	if stamp != "" {
		return stamp
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	rev, at := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			rev = s.Value
		case "vcs.time":
			at = s.Value
		}
	}
	if len(rev) < 12 {
		return "devel"
	}
	return at[:10] + "-" + rev[:12]
}
