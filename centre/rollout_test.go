package centre_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"otasuke/centre/internal/policy"
	"otasuke/centre/internal/store"
	"otasuke/centre/internal/storetest"
	"otasuke/centre/internal/tenant"
	"otasuke/content/apps"
	"otasuke/e2e/sim"
)

// staff is somebody of the staff at a console.
type staff struct {
	http.Client
	at string
}

func (s *staff) ask(ctx context.Context, method, path string, form url.Values) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.at+path, bytes.NewReader([]byte(form.Encode())))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// A template that a thousand companies go by is changed, and the centre dies (kill -9) twice: in the moment of the click, and
// while its boxes fetch it. Each box has the new one in the end, whole, and has taken it once; the history has one step.
func TestATemplateReachesTheFleetThroughDeath(t *testing.T) { // alone: it is a thousand boxes
	const fleet, secret = 1000, "mikan yama no word 7"
	program := filepath.Join(t.TempDir(), "otasuke")
	if out, err := exec.Command("go", "build", "-o", program, "otasuke").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, database := range map[string]string{"sqlite": storetest.SQLiteURL(t), "postgres": storetest.PostgresURL(t)} {
		t.Run(name, func(t *testing.T) {
			csrf := regexp.MustCompile(`name="csrf" value="([^"]+)"`)
			change := func(ctx context.Context, s *staff) (int, error) {
				_, page, err := s.ask(ctx, http.MethodGet, "/policies/standard", nil)
				if err != nil {
					return 0, err
				}
				m := csrf.FindStringSubmatch(page)
				if m == nil {
					return 0, fmt.Errorf("not logged in: %.300s", page)
				}
				status, _, err := s.ask(ctx, http.MethodPost, "/policies/standard", url.Values{"csrf": {m[1]}, "seq": {"0"}, "step": {"save"}, "deny": {"game.example"}, "why": {"会議で決めた"}, "dns": {"report"}, "files": {"tell"}, "free": {"apps", "dns", "files"}})
				return status, err
			}
			var began, early int64
			res, err := sim.Run(t.Context(), sim.Options{Boxes: fleet, For: 9 * time.Second, Heartbeat: time.Minute, Settle: time.Second, Self: true, Database: database, Program: program, Policies: true, Operator: secret,
				Disturb: func(ctx context.Context, c *sim.Centre) error {
					until := func(what string, ok func() bool) error {
						tick := time.NewTicker(10 * time.Millisecond)
						defer tick.Stop()
						for end := time.Now().Add(3 * time.Minute); !ok(); {
							select {
							case <-tick.C:
							case <-ctx.Done():
								return ctx.Err()
							}
							if time.Now().After(end) {
								return fmt.Errorf("%s: %d", what, c.Took())
							}
						}
						return nil
					}
					if err := until("first policies", func() bool { return c.Took() >= fleet }); err != nil {
						return err
					}
					began = c.Took()
					jar, err := cookiejar.New(nil)
					if err != nil {
						return err
					}
					s := &staff{Client: http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, at: c.Console(0)}
					if status, page, err := s.ask(ctx, http.MethodPost, "/login", url.Values{"email": {"operator@centre.example"}, "password": {secret}}); err != nil || status != http.StatusSeeOther {
						return fmt.Errorf("login: %d %w %.300s", status, err, page)
					}
					clicked := make(chan error, 1)
					go func() { _, err := change(ctx, s); clicked <- err }()
					c.Kill(0) // the click may have come through or not
					<-clicked
					if err := c.Start(0); err != nil {
						return err
					}
					if err := until("console", func() bool { _, _, err := s.ask(ctx, http.MethodGet, "/login", nil); return err == nil }); err != nil {
						return err
					}
					status, err := change(ctx, s)
					if err != nil || status != http.StatusSeeOther && status != http.StatusConflict && status != http.StatusUnprocessableEntity {
						return fmt.Errorf("the click: %d %w", status, err)
					}
					if err := until("some boxes", func() bool { return c.Took() >= began+fleet/5 }); err != nil {
						return err
					}
					c.Kill(0)
					early = c.Took() - began
					if err := c.Start(0); err != nil {
						return err
					}
					return until("all boxes", func() bool { return c.Took() >= began+fleet })
				}})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d of %d boxes had it when the centre died; %d requests were made again; %v", early, fleet, res.Retries, res.Policies)
			if early >= fleet {
				t.Error("nothing was in the middle")
			}
			s, err := store.Open(t.Context(), store.Config{URL: database})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			known, err := apps.Load()
			if err != nil {
				t.Fatal(err)
			}
			wishes, people := policy.New(policy.Config{Store: s, Known: known}), tenant.New(tenant.Config{Store: s})
			steps, err := wishes.History(t.Context(), tenant.House, policy.Standard)
			if err != nil || len(steps) != 1 || len(steps[0].After.Deny) != 1 {
				t.Errorf("history: %+v %v", steps, err)
			}
			log, err := people.AuditLog(t.Context(), tenant.House, 100)
			changed := 0
			for _, x := range log {
				if x.Action == "policy.change" {
					changed++
				}
			}
			if _, _, bad := people.VerifyAudit(t.Context(), tenant.House); err != nil || bad != nil || changed != 1 {
				t.Errorf("record: %d changes, %v", changed, errors.Join(err, bad))
			}
			if len(res.Policies) != 1 || res.Again != 0 {
				t.Errorf("in force: %v; %d boxes took one twice", res.Policies, res.Again)
			}
		})
	}
}
