package sim

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// timing collects how long things took.
type timing struct {
	mu  sync.Mutex
	all []time.Duration
}

func (t *timing) add(d time.Duration) {
	t.mu.Lock()
	t.all = append(t.all, d)
	t.mu.Unlock()
}

func (t *timing) spread() (s Spread) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) == 0 {
		return s
	}
	slices.Sort(t.all)
	ms := func(share float64) float64 {
		return float64(t.all[int(share*float64(len(t.all)-1))].Microseconds()) / 1000
	}
	return Spread{ms(0.5), ms(0.99), ms(1)}
}

// post knows which mails are due and which have come.
type post struct {
	mu    sync.Mutex
	due   map[string]time.Time // by the address of the attacked device and of who was told
	came  map[string]int
	ids   map[string]bool // Message-IDs that came
	times timing
	other int // mails that nobody waits for
	again int // mails that came once more, under the same Message-ID
}

func newPost() *post {
	return &post{due: map[string]time.Time{}, came: map[string]int{}, ids: map[string]bool{}}
}

// expect notes that a mail is due to somebody about a device.
func (p *post) expect(to, device string) {
	p.mu.Lock()
	p.due[to+" "+device] = time.Now()
	p.mu.Unlock()
}

// take takes a mail with its Message-ID. One that comes again under the same is no second mail: a process died between the
// server's yes and writing that down, and mail programs show it once.
func (p *post) take(to, subject, id string) {
	now := time.Now()
	_, rest, _ := strings.Cut(subject, "「")
	device, _, _ := strings.Cut(rest, "」")
	key := to + " " + device
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.due[key]
	if !ok {
		p.other++
		return
	}
	if p.ids[id] {
		p.again++
		return
	}
	p.ids[id] = true
	if p.came[key]++; p.came[key] == 1 {
		p.times.add(now.Sub(at))
	}
}

func (p *post) spread() (s Spread) {
	if p == nil {
		return s
	}
	return p.times.spread()
}

func (p *post) complete() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.came) == len(p.due)
}

func (p *post) tally(res *Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key := range p.due {
		switch n := p.came[key]; {
		case n == 0:
			res.Lost++
		default:
			res.Mailed++
			res.Duplicate += int64(n - 1)
		}
	}
	res.Duplicate += int64(p.other)
	res.Resent = int64(p.again)
	res.Mail = p.spread()
}
