package news_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"otasuke/centre/internal/news"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/tenant"
)

var companies = flag.Int("companies", 60, "to how many a warning goes in TestAWarningToMany")

// peak is the most memory that this process had since it was reset, in KiB; 0 where the kernel does not tell.
func peak(reset bool) (kib int) {
	if reset {
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // only measured, not needed
		return 0
	}
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			_, _ = fmt.Sscan(text, &kib)
		}
	}
	return kib
}

// add gives the centre more companies with one address each.
func (c *centre) add(from, to int) {
	c.Helper()
	for i := from; i < to; i++ {
		id, err := c.tenants.CreateCompany(c.Context(), "test", tenant.Company{Name: fmt.Sprintf("見本%d", i), Region: "27", Industry: "retail"})
		must(c.T, err)
		_, err = c.tenants.AddPerson(c.Context(), "test", tenant.Person{TenantID: id, Name: "見本", Email: fmt.Sprintf("owner@c%d.example", i), Role: tenant.RoleOwner, Mails: true})
		must(c.T, err)
	}
}

// spread lets a warning out to everybody and says how many statements that took.
func (c *centre) spread() (statements int64, took time.Duration, id string) {
	c.Helper()
	p, err := c.svc.Write(c.Context(), "noda", piece(news.Warning))
	must(c.T, err)
	must(c.T, c.svc.Send(c.Context(), "noda", p.ID, p.Revision))
	raw, _ := json.Marshal(map[string]string{"news": p.ID})
	before, began := c.s.Asked(), time.Now()
	must(c.T, c.svc.HandleSpread(c.Context(), tenant.House, raw))
	return c.s.Asked() - before, time.Since(began), p.ID
}

// What a warning costs grows with the number of companies and not faster: so many statements for each, however many there are.
// With -companies 10000 it measures.
func TestAWarningToMany(t *testing.T) {
	suite(t, func(c *centre) {
		each := 5 // the copy, its readers, broken addresses, the mail, its job
		if c.s.Engine() == store.Postgres {
			each += 2 // the transaction says whose it is, and wakes the queue
		}
		n := *companies
		c.add(0, n/2)
		half, _, _ := c.spread()
		c.add(n/2, n)
		peak(true)
		base := peak(false)
		all, took, id := c.spread()
		if got := all - half; got != int64((n-n/2)*each) {
			c.Errorf("%d companies more cost %d statements more, want %d each", n-n/2, got, each)
		}
		var waiting int
		must(c.T, c.s.AsOperator(c.Context(), "test", "count", func(tx *store.AllTx) error {
			return tx.QueryRow(`SELECT count(*) FROM news_mail WHERE news_id = $1 AND state = 'waiting'`, id).Scan(&waiting)
		}))
		if want := n + 3; waiting != want {
			c.Errorf("%d mails wait, want %d", waiting, want)
		}
		c.Logf("%d companies: queued in %v, %.1f MiB at most (%.1f before)", n+2, took.Round(time.Millisecond), float64(peak(false))/1024, float64(base)/1024)
	})
}
