package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"time"

	"otasuke/e2e/lab"
)

// Alert is what the centre knows of one.
type Alert struct {
	CompanyID string `json:"company_id"`
	ID        string `json:"id"`
	Case      string `json:"case"`
	Family    string `json:"family"`
	Stars     int    `json:"stars"`
	State     string `json:"state"`
	Device    string `json:"device"`
	Count     int    `json:"count"`
}

// alerts asks the centre for all of them.
func (d *demo) alerts(ctx context.Context) []Alert {
	var out []Alert
	if err := d.admin(ctx, "alerts", nil, &out); err != nil {
		return nil
	}
	return out
}

// await waits until alerts of a kind hold a number of events.
func (d *demo) await(ctx context.Context, which func(Alert) bool, events int) (found []Alert) {
	_ = eventually(ctx, 15*time.Second, func() bool {
		found = found[:0]
		total := 0
		for _, a := range d.alerts(ctx) {
			if which(a) {
				found = append(found, a)
				total += a.Count
			}
		}
		return total >= events
	})
	return found
}

// mailed counts the mails about an alert: its number is in their text.
func (d *demo) mailed(a Alert) int {
	n := 0
	for _, m := range d.sink.Mails() {
		if strings.Contains(m.Text, a.ID) {
			n++
		}
	}
	return n
}

// eveAlerts counts the alerts in the box's own log.
func (d *demo) eveAlerts() int {
	f, err := os.Open(d.path("eve.json"))
	if err != nil {
		return 0
	}
	defer f.Close()
	n := 0
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var r struct {
			EventType string `json:"event_type"`
		}
		if json.Unmarshal(s.Bytes(), &r) == nil && r.EventType == "alert" {
			n++
		}
	}
	return n
}

// healthNotes counts what the box told the centre about itself, in the centre's database.
func (d *demo) healthNotes(note string) int {
	var out []struct {
		Note string `json:"note"`
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if d.admin(ctx, "health", nil, &out) != nil {
		return 0
	}
	n := 0
	for _, h := range out {
		if h.Note == note {
			n++
		}
	}
	return n
}

// recording writes what comes to the box during a step, when asked for; the
// returned function ends it.
func (d *demo) recording(id string) func() {
	if d.Record == "" {
		return func() {}
	}
	stop, err := d.lab.Record(d.Record+"/step"+id+".pcap", lab.InsidePort, lab.OutsidePort)
	if err != nil {
		return func() {}
	}
	return stop
}
