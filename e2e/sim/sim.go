package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Rates of the original service, 112 companies in 2019: attacks from outside, suspicious
// connections from inside, each a company and month.
const (
	inboundRate, outboundRate = 56.0, 4.0
	month                     = 30 * 24 * time.Hour
	// usageRows of devices are reported each hour.
	usageRows = 8
)

// Options of a run.
type Options struct {
	Boxes int
	For   time.Duration
	// Heartbeat is the time between two of a box.
	Heartbeat time.Duration
	// Burst multiplies the rate of events, for the first BurstFor of the run, or all of it when that is 0.
	Burst    float64
	BurstFor time.Duration
	// CutFor cuts the line between boxes and a centre that was started for so long, from CutAfter on, a third of the run when that
	// is 0: boxes go on seeing things, and tell them afterwards.
	CutFor, CutAfter time.Duration
	// Kill kills each process of a centre that was started with -9 in the burst, one after the other, and starts it again.
	Kill bool
	// Flood has every box send as many attacks from outside as the centre takes, in full batches.
	Flood bool
	// Self starts a centre; Database is its address, a new SQLite file when empty. Processes is how many centres
	// share it, behind one address that the boxes know.
	Self      bool
	Database  string
	Processes int
	// URL, Fingerprint and Codes are of a centre that runs: one claim code for each box. Its mails are not
	// seen then.
	URL, Fingerprint string
	Codes            []string
	// Settle is how long mails may take after the last event.
	Settle time.Duration
	// Program is what centres run; this one when empty.
	Program string
	// Disturb does something to the centre in the middle of the run; for tests.
	Disturb func(ctx context.Context, c *Centre) error
	// Policies has boxes take what their companies want, as boxes do; Operator is the password of somebody of the staff
	// ("operator@centre.example") who can change it at [Centre.Console].
	Policies bool
	Operator string
	// Profile is a folder for profiles of the centre in the middle of the run; "" for none.
	Profile string
	// Say gets what is being done.
	Say io.Writer
}

// Spread is a distribution of times in milliseconds.
type Spread struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Result is what a run has shown.
type Result struct {
	Boxes      int     `json:"boxes"`
	Seconds    float64 `json:"seconds"`
	Heartbeats int64   `json:"heartbeats"`
	Beat       Spread  `json:"heartbeat"`
	// Retries counts requests that were made again: the centre was away or said so.
	Retries int64 `json:"retries"`
	// Sent are events, Committed those that the centre acknowledged, Ack how long that took.
	Sent      int64   `json:"events_sent"`
	Committed int64   `json:"events_committed"`
	PerSecond float64 `json:"events_committed_per_second"`
	Ack       Spread  `json:"ack"`
	// Alerts are events that each must become a mail; Mailed, Lost and Duplicate count those. Mail is
	// the time from sending to the mail server's yes.
	Alerts    int64 `json:"alerts_sent"`
	Mailed    int64 `json:"alerts_mailed"`
	Lost      int64 `json:"alerts_lost"`
	Duplicate int64 `json:"alerts_duplicate"`
	// Resent are mails that came once more under the same Message-ID, because a process was killed between the mail server's yes and
	// writing it down: nobody can be told exactly once by a protocol that does not say whether it took a mail.
	Resent int64  `json:"mails_resent"`
	Mail   Spread `json:"mail"`
	// InBurst is of the first BurstFor of the run alone.
	InBurst *Phase `json:"in_burst,omitempty"`
	// Resident is the largest memory of a centre's process, CPU the share of one core that all of them
	// took in the mean, Disk what their database grew by.
	Resident int64   `json:"centre_resident_bytes"`
	CPU      float64 `json:"centre_cpu_cores"`
	Disk     int64   `json:"database_bytes"`
	// Line is what boxes sent and got, with TLS, in the time.
	Line int64 `json:"line_bytes"`
	// Claims says how long it took until all boxes were there, Cut how long the line was cut.
	Claims float64 `json:"claim_seconds"`
	Cut    float64 `json:"cut_seconds"`
	// Policies counts boxes by what they have in force at the end, Again those that took a policy more than once.
	Policies map[string]int `json:"policies,omitempty"`
	Again    int            `json:"policies_again,omitempty"`
	// Cost is that of one box.
	Cost Cost `json:"cost_per_box"`
}

// Phase is a part of a run: how long heartbeats, acknowledgements and mails took until it ended, and what the centre's processes
// took of one core meanwhile.
type Phase struct {
	Beat Spread  `json:"heartbeat"`
	Ack  Spread  `json:"ack"`
	Mail Spread  `json:"mail"`
	CPU  float64 `json:"centre_cpu_cores"`
}

// Cost is what one box takes of the centre, from what the run took in its time.
type Cost struct {
	CPU  float64 `json:"cpu_ms_per_day"`       // of one core
	Line float64 `json:"line_bytes_per_month"` // both ways, with TLS
}

// Whole says whether nothing was lost, doubled or left.
func (r *Result) Whole() bool { return r.Lost == 0 && r.Duplicate == 0 && r.Committed == r.Sent }

// run is one run.
type run struct {
	o     Options
	boxes []*box
	beats timing
	acks  timing
	mails *post
	burst *Phase
	kills error // what kept killed processes from coming back

	heartbeats, retries, sent, committed, alerts, line, took atomic.Int64
}

// Run does it.
func Run(ctx context.Context, o Options) (res Result, err error) {
	if o.Boxes <= 0 || o.For <= 0 {
		return res, errors.New("sim: how many boxes, for how long?")
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = time.Minute
	}
	if o.Burst <= 0 {
		o.Burst = 1
	}
	if o.Say == nil {
		o.Say = io.Discard
	}
	// A connection for each box, at both ends.
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) == nil && files.Cur < uint64(o.Boxes)*3/2 {
		fmt.Fprintf(o.Say, "at most %d files can be open here: that may be too few\n", files.Cur)
	}
	r := &run{o: o}
	var c *Centre
	if o.Self {
		if c, err = start(ctx, &o); err != nil {
			return res, err
		}
		defer c.close()
		r.mails, r.o, c.took = c.post, o, &r.took
	} else if len(o.Codes) < o.Boxes {
		return res, fmt.Errorf("sim: %d claim codes for %d boxes", len(o.Codes), o.Boxes)
	}
	if res.Claims, err = r.claim(ctx); err != nil {
		return res, err
	}
	defer func() {
		for _, b := range r.boxes {
			b.close()
		}
	}()
	var waits sync.WaitGroup
	listening, stop := context.WithCancel(ctx)
	r.connect(listening, &waits)
	before, line := c.usage(), r.line.Load()
	began := time.Now()
	err = r.live(ctx, c)
	elapsed := time.Since(began)
	after := c.usage()
	stop()
	waits.Wait()
	if err != nil {
		return res, err
	}
	r.settle(ctx)
	res.Cut = r.o.CutFor.Seconds()
	res.Boxes, res.Seconds = o.Boxes, elapsed.Seconds()
	res.Heartbeats, res.Retries, res.Sent, res.Committed, res.Alerts = r.heartbeats.Load(), r.retries.Load(), r.sent.Load(), r.committed.Load(), r.alerts.Load()
	res.PerSecond = float64(res.Committed) / elapsed.Seconds()
	res.Beat, res.Ack, res.Line = r.beats.spread(), r.acks.spread(), r.line.Load()-line
	if r.mails != nil {
		r.mails.tally(&res)
	}
	r.policies(&res)
	res.InBurst = r.burst
	res.Resident, res.Disk = max(after.resident, before.resident), after.disk-before.disk
	res.CPU = (after.cpu - before.cpu).Seconds() / elapsed.Seconds()
	each := elapsed.Seconds() * float64(o.Boxes) // seconds of one box
	res.Cost = Cost{CPU: (after.cpu - before.cpu).Seconds() * 1000 / each * 86400, Line: float64(res.Line) / each * month.Seconds()}
	return res, nil
}

// policies counts what boxes have in force.
func (r *run) policies(res *Result) {
	if !r.o.Policies {
		return
	}
	res.Policies = map[string]int{}
	for _, b := range r.boxes {
		id, again := b.wanted.state()
		res.Policies[id]++
		if again {
			res.Again++
		}
	}
}

// claim gives every box its identity.
func (r *run) claim(ctx context.Context) (seconds float64, err error) {
	const atOnce = 16
	began := time.Now()
	r.boxes = make([]*box, r.o.Boxes)
	errs := make(chan error, atOnce)
	var next atomic.Int64
	for range atOnce {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(r.boxes) || ctx.Err() != nil {
					errs <- ctx.Err()
					return
				}
				b, err := newBox(ctx, r, i)
				if err != nil {
					next.Store(int64(len(r.boxes)))
					errs <- fmt.Errorf("sim: box %d: %w", i, err)
					return
				}
				r.boxes[i] = b
			}
		}()
	}
	for range atOnce {
		err = errors.Join(err, <-errs)
	}
	fmt.Fprintf(r.o.Say, "%d boxes are claimed after %.1f s\n", len(r.boxes), time.Since(began).Seconds())
	return time.Since(began).Seconds(), err
}

// connects a second are made, so that two cores do little else: what a run is about begins when
// all boxes are there.
const connects = 400

// connect has all boxes wait for questions.
func (r *run) connect(ctx context.Context, waits *sync.WaitGroup) {
	tick := time.NewTicker(time.Second / connects)
	defer tick.Stop()
	for _, b := range r.boxes {
		waits.Go(func() { b.listen(ctx) })
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// live lets all boxes work for the time of the run.
func (r *run) live(ctx context.Context, c *Centre) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	end := time.Now().Add(r.o.For)
	var work sync.WaitGroup
	for _, b := range r.boxes {
		work.Go(func() { b.work(ctx, end) })
	}
	var err error
	if r.o.Profile != "" && c != nil {
		err = c.profile(r.o.Profile, r.o.For/3)
	}
	if r.o.BurstFor > 0 && r.o.BurstFor <= r.o.For {
		before, began := c.usage(), time.Now()
		work.Go(func() {
			if sleep(ctx, r.o.BurstFor) {
				r.burst = &Phase{r.beats.spread(), r.acks.spread(), r.mails.spread(), (c.usage().cpu - before.cpu).Seconds() / time.Since(began).Seconds()}
			}
		})
	}
	if r.o.Kill && c != nil {
		work.Go(func() { r.kills = r.kill(ctx, c) })
	}
	if r.o.CutFor > 0 && c != nil {
		disturb := r.o.Disturb
		r.o.Disturb = func(ctx context.Context, c *Centre) error {
			if err := c.Cut(true); err != nil {
				return err
			}
			sleep(ctx, r.o.CutFor)
			if err := c.Cut(false); err != nil || disturb == nil {
				return err
			}
			return disturb(ctx, c)
		}
	}
	if r.o.Disturb != nil {
		select {
		case <-time.After(cmp.Or(r.o.CutAfter, r.o.For/3)):
			if err = r.o.Disturb(ctx, c); err != nil {
				stop() // what it broke may be broken for good, and boxes do not give up
			}
		case <-ctx.Done():
		}
	}
	work.Wait()
	return errors.Join(err, r.kills, ctx.Err())
}

// deadFor is how long a killed process stays away: longer than a supervisor takes to start it again.
const deadFor = 5 * time.Second

// starts is how often a killed process is started, each time for readyTime, before the run counts for nothing.
const starts = 4

// kill kills one process after the other, spread over the burst, and starts each again.
func (r *run) kill(ctx context.Context, c *Centre) error {
	n := len(c.fronts)
	step := cmp.Or(r.o.BurstFor, r.o.For) / time.Duration(n+1)
	for i := range n {
		if !sleep(ctx, step-deadFor) {
			return nil
		}
		c.Kill(i)
		fmt.Fprintf(r.o.Say, "process %d of %d is killed\n", i+1, n)
		sleep(ctx, deadFor)
		// A supervisor starts it until it runs: the database may be away at the first time.
		for try := 1; ; try++ {
			err := c.Start(i)
			if err == nil {
				break
			}
			if try == starts {
				return err
			}
			c.Kill(i)
		}
	}
	return nil
}

// settle waits for the mails that are due.
func (r *run) settle(ctx context.Context) {
	if r.mails == nil {
		return
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(r.o.Settle); time.Now().Before(end) && !r.mails.complete(); {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// wait is the time until the next of events that come so often in a month.
func wait(perMonth float64) time.Duration {
	return time.Duration(rand.ExpFloat64() / perMonth * float64(month))
}

// counted is a connection whose bytes are counted.
type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (c counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.n.Add(int64(n))
	return n, err
}
