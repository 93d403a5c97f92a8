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
	for _, s := range []struct {
		id, title, expected string
		stars               int
		device              string
	}{
		{"1", "Attacks from outside on the company's web server", "blocked", 1, lab.Web},
		{"2", "A PC calls its attacker, over the web and over a protocol of its own", "blocked", 3, lab.PC2},
		{"3", "An employee follows a link to a false bank", "blocked", 2, lab.PC1},
		{"4", "A PC downloads a virus, once as it is, once in an archive", "blocked", 2, lab.PC3},
		{"5", "Ordinary work", "no alert", 0, ""},
	} {
		if err := d.replayStep(ctx, box, s.id, s.title, s.expected, s.stars, s.device); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) replayStep(ctx context.Context, box *gateway.Replay, id, title, expected string, stars int, device string) error {
	text, err := fs.ReadFile(recorded, "testdata/step"+id+".pcap")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	path := d.path("step" + id + ".pcap")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	start, before := time.Now(), len(d.sink.Mails())
	n, err := box.Play(ctx, path)
	if err != nil {
		return err
	}
	s := Step{ID: id, Expected: expected, MS: time.Since(start).Milliseconds(), Note: fmt.Sprintf("%d findings in the recorded traffic", n)}
	switch {
	case n > 0:
		s.Seen = "blocked"
	default:
		s.Seen = "no alert"
	}
	switch stars {
	case 0:
		s.OK = n == 0
	case 1:
		alerts := d.await(ctx, func(a Alert) bool { return a.Stars == 1 && a.Device == device }, n)
		s.OK = len(alerts) == 1 && d.mailed(alerts[0]) == 0
		if len(alerts) > 0 {
			s.Alert, s.Stars = alerts[0].ID, 1
		}
	default:
		note := s.Note
		d.report(ctx, &s, start, before, stars, func(a Alert) bool { return a.Stars == stars && a.Device == device }, n)
		s.Note = note + "; " + s.Note
	}
	d.say(s, title)
	return nil
}
