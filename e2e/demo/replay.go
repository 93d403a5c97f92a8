package demo

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"otasuke/e2e/lab"
	"otasuke/gateway"
)

// recorded is the traffic of steps 1 to 5 as a box in the lab got it: made by
// 'otasuke demo -once -record e2e/demo/testdata -big 65536'.
//
//go:embed testdata
var recorded embed.FS

// replay plays the recorded steps through the same engine.
func (d *demo) replay(ctx context.Context) error {
	if err := os.WriteFile(d.path("phishing.txt"), []byte(lab.PhishName+"\n"), 0o644); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := os.WriteFile(d.path("box.toml"), []byte(d.boxConfig()), 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	cfg, err := gateway.LoadConfig(d.path("box.toml"))
	if err != nil {
		return err
	}
	cfg.Log = slog.New(slog.DiscardHandler)
	box, err := gateway.NewReplay(ctx, cfg)
	if err != nil {
		return err
	}
	d.undo = append(d.undo, func() { _ = box.Close() })
	for _, s := range []replayed{
		{"1", "Attacks from outside on the company's web server", "blocked", 1, lab.Web, 6},
		{"2", "A PC calls its attacker, over the web and over a protocol of its own", "blocked", 3, lab.PC2, 2},
		{"3", "An employee follows a link to a false bank", "blocked", 2, lab.PC1, 4},
		{"4", "A PC downloads a virus, once as it is, once in an archive", "blocked", 2, lab.PC3, 2},
		{"5", "Ordinary work", "no alert", 0, "", 0},
	} {
		if err := d.replayStep(ctx, box, s); err != nil {
			return err
		}
	}
	return nil
}

// replayed is a recorded step and what must come of it.
type replayed struct {
	id, title, expected string
	stars               int
	device              string
	findings            int // that many different things were tried
}

func (d *demo) replayStep(ctx context.Context, box *gateway.Replay, r replayed) error {
	text, err := fs.ReadFile(recorded, "testdata/step"+r.id+".pcap")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	path := d.path("step" + r.id + ".pcap")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	start, before := time.Now(), len(d.sink.Mails())
	n, err := box.Play(ctx, path)
	if err != nil {
		return err
	}
	s := Step{ID: r.id, Expected: r.expected, MS: time.Since(start).Milliseconds(), Note: fmt.Sprintf("%d findings in the recorded traffic", n)}
	switch {
	case n > 0 && n < r.findings:
		s.Seen = fmt.Sprintf("%d of %d blocked", n, r.findings)
	case n > 0:
		s.Seen = "blocked"
	default:
		s.Seen = "no alert"
	}
	switch r.stars {
	case 0:
		s.OK = n == 0
	case 1:
		alerts := d.await(ctx, func(a Alert) bool { return a.Stars == 1 && a.Device == r.device }, n)
		s.OK = len(alerts) == 1 && d.mailed(alerts[0]) == 0
		if len(alerts) > 0 {
			s.Alert, s.Stars = alerts[0].ID, 1
		}
	default:
		note := s.Note
		d.report(ctx, &s, start, before, r.stars, func(a Alert) bool { return a.Stars == r.stars && a.Device == r.device }, n)
		s.Note = note + "; " + s.Note
	}
	s.OK = s.OK && n >= r.findings
	d.say(s, r.title)
	return nil
}
