package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"otasuke/e2e/lab"
)

// Options of a demo.
type Options struct {
	// Once ends after the last step instead of staying up.
	Once bool
	// Record writes the traffic as the box sees it into this folder.
	Record string
	// Replay plays recorded traffic even where a lab could be built.
	Replay bool
	// Big is the size of the large downloads in bytes; DefaultBig when 0.
	Big int64
	// Customers of a second centre, with a year behind them; 0 for no such centre.
	Customers int
	Out       io.Writer // what people read; the last line is the summary
	Err       io.Writer // logs of the processes
}

// DefaultBig is the size of the large downloads.
const DefaultBig = 100 << 20

// Step is the result of one step.
type Step struct {
	ID       string `json:"id"`
	Expected string `json:"expected"`
	Seen     string `json:"seen"`
	Alert    string `json:"alert"` // id of the alert, "" when there is none
	Stars    int    `json:"stars"`
	Mail     bool   `json:"mail"`
	MS       int64  `json:"ms"`
	OK       bool   `json:"ok"`
	Note     string `json:"note,omitempty"`
}

// Summary is the last line of a demo.
type Summary struct {
	OK           bool    `json:"ok"`
	Mode         string  `json:"mode"` // "lab" or "replay"
	Steps        []Step  `json:"steps"`
	PacketToMail Latency `json:"packet_to_mail_ms"`
}

// ErrNotAsExpected tells that a step did not go as it must.
var ErrNotAsExpected = errors.New("demo: not everything was as expected")

// Run plays the demo.
func Run(ctx context.Context, o Options) error {
	if o.Big == 0 {
		o.Big = DefaultBig
	}
	dir, err := os.MkdirTemp("", "otasuke-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir)
	reason := lab.Available()
	if o.Replay {
		reason = errors.New("asked for")
	}
	if o.Err == nil {
		o.Err = io.Discard
	}
	d := &demo{Options: o, dir: dir}
	if reason != nil {
		fmt.Fprintf(o.Out, "No lab here (%v): the same traffic is replayed from capture files through the same engine.\n", reason)
		d.sum.Mode = "replay"
	} else {
		fmt.Fprintln(o.Out, "An office, a box and a hostile internet are being built in network namespaces.")
		d.sum.Mode = "lab"
	}
	defer d.close()
	if err := d.base(ctx); err != nil {
		return err
	}
	play := d.live
	if reason != nil {
		play = d.replay
	}
	if err := play(ctx); err != nil {
		return err
	}
	return d.finish(ctx)
}

// finish prints where to look, stays up unless told otherwise, and sums up.
func (d *demo) finish(ctx context.Context) error {
	d.sum.PacketToMail = d.latency.sum()
	d.sum.OK = len(d.sum.Steps) > 0
	for _, s := range d.sum.Steps {
		d.sum.OK = d.sum.OK && s.OK
	}
	d.where()
	if err := d.showChamber(ctx); err != nil {
		return err
	}
	if !d.Once {
		fmt.Fprintln(d.Out, "\nEverything stays up. End with Ctrl-C.")
		<-ctx.Done()
	}
	line, err := json.Marshal(d.sum)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	fmt.Fprintf(d.Out, "%s\n", line)
	if !d.sum.OK {
		return ErrNotAsExpected
	}
	return nil
}

func (d *demo) where() {
	fmt.Fprintf(d.Out, `
  Portal (owner)    %s
                    login %s   password %s
  Console (staff)   %s
                    login %s   password %s
  Mailbox           %s
`, d.url(portPortal), ownerEmail, d.password, d.url(portConsole), operatorEmail, d.password, d.url(portInbox))
}

// say prints a step's result.
func (d *demo) say(s Step, title string) {
	mark := "✓"
	if !s.OK {
		mark = "✗"
	}
	fmt.Fprintf(d.Out, "%s %s  %s\n      expected: %s\n      seen:     %s\n", mark, s.ID, title, s.Expected, s.Seen)
	if s.Alert != "" {
		mail := "no mail"
		if s.Mail {
			mail = "mail sent"
		}
		fmt.Fprintf(d.Out, "      alert:    %s %s, %s\n", "★★★☆☆☆"[3*(3-s.Stars):3*(6-s.Stars)], s.Alert, mail)
	}
	if s.Note != "" {
		fmt.Fprintf(d.Out, "      %s\n", s.Note)
	}
	d.sum.Steps = append(d.sum.Steps, s)
}

// path names a file of this demo.
func (d *demo) path(name string) string { return filepath.Join(d.dir, name) }

// eventually asks again until cond holds or the time is over.
func eventually(ctx context.Context, within time.Duration, cond func() bool) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if cond() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}
