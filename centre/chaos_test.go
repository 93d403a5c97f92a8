package centre_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"otasuke/centre/internal/storetest"
	"otasuke/e2e/sim"
)

// Three processes on one PostgreSQL behind one address: whichever is killed, when the database
// restarts and when the line to the boxes is cut, no event and no alert is lost, and none is mailed twice.
func TestNothingIsLostOrDoubled(t *testing.T) { // alone: it restarts the database of all tests
	program := filepath.Join(t.TempDir(), "otasuke")
	if out, err := exec.Command("go", "build", "-o", program, "otasuke").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	res, err := sim.Run(t.Context(), sim.Options{
		Boxes: 30, For: 24 * time.Second, Heartbeat: 2 * time.Second, Burst: 60_000, Settle: 2 * time.Minute,
		Self: true, Database: storetest.PostgresURL(t), Processes: 3, Program: program, Say: log,
		Disturb: func(ctx context.Context, c *sim.Centre) error {
			pause := func() {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
			}
			c.Kill(1)
			pause()
			c.Kill(0)
			pause()
			if err := c.Start(1); err != nil {
				return err
			}
			c.Kill(2)
			pause()
			storetest.RestartPostgres(t)
			pause()
			if err := errors.Join(c.Cut(true), c.Start(0)); err != nil {
				return err
			}
			pause()
			return errors.Join(c.Cut(false), c.Start(2))
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", res)
	if res.Retries == 0 || res.Alerts < 20 {
		t.Error("nothing was disturbed")
	}
	// What each of the three killed processes was sending may go out once more, under the same Message-ID.
	const killed, workers = 3, 4
	if res.Resent > killed*workers {
		t.Errorf("%d mails went out again after three processes were killed", res.Resent)
	}
	if res.Lost != 0 || res.Duplicate != 0 || res.Committed != res.Sent {
		text, _ := os.ReadFile(log.Name())
		t.Errorf("%d of %d events are not committed; of %d alerts %d were lost and %d doubled\n%s", res.Sent-res.Committed, res.Sent, res.Alerts, res.Lost, res.Duplicate, text[max(0, len(text)-8000):])
	}
}

// The line is cut for a third of the time, one process on SQLite: boxes keep what they see, and tell all of it afterwards.
// The same for an hour: make soak-centre SOAK=80m BURST=10m CUT=1h.
func TestWhatBoxesSawWhileTheLineWasCut(t *testing.T) {
	program := filepath.Join(t.TempDir(), "otasuke")
	if out, err := exec.Command("go", "build", "-o", program, "otasuke").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	res, err := sim.Run(t.Context(), sim.Options{Boxes: 20, For: 12 * time.Second, Heartbeat: 2 * time.Second, Burst: 60_000, CutFor: 4 * time.Second, Settle: time.Minute, Self: true, Program: program})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", res)
	if res.Retries == 0 || res.Alerts < 10 || res.Mail.Max < 2000 {
		t.Error("the line was not cut")
	}
	if !res.Whole() {
		t.Errorf("%d of %d events are not committed; of %d alerts %d were lost and %d doubled", res.Sent-res.Committed, res.Sent, res.Alerts, res.Lost, res.Duplicate)
	}
}
