package uplink

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"otasuke/wire"
)

// counter is a centre that gives out codes.
type counter struct {
	*authority
	mu      sync.Mutex
	asked   int
	expires int            // seconds, of codes
	entered bool           // the code that is shown now was entered
	down    bool           // nothing is answered
	foreign *authority     // signs in its place
	polls   map[string]int // by token
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down {
		panic(http.ErrAbortHandler)
	}
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == wire.PathPair {
		c.asked++
		n := strconv.Itoa(c.asked)
		_ = json.NewEncoder(w).Encode(wire.PairResponse{Version: 1, Code: "BCDF-GHJ" + n, Token: "token" + n, Expires: c.expires, Every: 1, Site: "https://portal.example"})
		return
	}
	var poll wire.PairPoll
	block, _ := pem.Decode(func() []byte { _ = json.Unmarshal(body, &poll); return []byte(poll.CSR) }())
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || csr.CheckSignature() != nil {
		c.t.Error("bad request", err)
		return
	}
	c.polls[poll.Token]++
	switch {
	case poll.Token != "token"+strconv.Itoa(c.asked):
		w.WriteHeader(http.StatusGone)
		_ = json.NewEncoder(w).Encode(wire.Error{Code: "code", Message: "over"})
	case !c.entered:
		w.WriteHeader(http.StatusPreconditionRequired)
		_ = json.NewEncoder(w).Encode(wire.Error{Code: "waiting", Message: "wait"})
	default:
		by := c.authority
		if c.foreign != nil {
			by, c.foreign = c.foreign, nil
		}
		_ = json.NewEncoder(w).Encode(wire.PairAnswer{Version: 1, Claim: &wire.ClaimResponse{Version: 1, BoxID: "box1", CA: by.pem, Company: "なにわ製作所", Phone: "050-0000-0119",
			Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: by.sign(csr.PublicKey, "box1")}))}})
	}
}

func (c *counter) set(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// A box shows a code, goes on with it after a restart, asks for another when it is over, says
// when the centre is away, takes no identity of a stranger, and has one at last.
func TestPair(t *testing.T) {
	t.Parallel()
	c := &counter{authority: newAuthority(t), expires: 900, polls: map[string]int{}, down: true}
	cfg := Config{URL: c.serve("127.0.0.1", c), Fingerprint: c.fingerprint(), Dir: filepath.Join(t.TempDir(), "id"), Model: "m", Software: "s"}
	// run pairs until enough tells that it has seen what it wanted.
	run := func(enough func(Pairing) bool) (wire.ClaimResponse, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		return cfg.Pair(ctx, func(p Pairing) {
			if len(p.Number) != 7 {
				t.Errorf("number %q", p.Number)
			}
			if enough(p) {
				cancel()
			}
		})
	}
	if _, err := run(func(p Pairing) bool { return p.Trouble != nil && p.Code == "" }); !errors.Is(err, context.Canceled) {
		t.Fatalf("the centre is away: %v", err)
	}
	c.set(func() { c.down = false })
	if _, err := run(func(p Pairing) bool { return p.Code == "BCDF-GHJ1" && p.Trouble == nil && p.Site != "" }); !errors.Is(err, context.Canceled) {
		t.Fatalf("no code: %v", err)
	}
	if _, err := run(func(p Pairing) bool { return p.Code == "BCDF-GHJ1" }); !errors.Is(err, context.Canceled) || c.asked != 1 {
		t.Fatalf("after a restart: %v, asked %d times", err, c.asked)
	}
	c.set(func() { c.asked = 5 }) // the centre has forgotten it
	if _, err := run(func(p Pairing) bool { return p.Code == "BCDF-GHJ6" && p.Trouble == nil }); !errors.Is(err, context.Canceled) {
		t.Fatalf("no other code: %v", err)
	}
	c.set(func() { c.entered, c.foreign = true, newAuthority(t) })
	if _, err := run(func(p Pairing) bool { return errors.Is(p.Trouble, ErrFingerprint) }); !errors.Is(err, context.Canceled) || cfg.Claimed() || cfg.Owner() != (Owner{}) {
		t.Fatalf("an identity of a stranger: %v", err)
	}
	resp, err := run(func(Pairing) bool { return false })
	if err != nil || resp.Company != "なにわ製作所" || !cfg.Claimed() || cfg.Owner() != (Owner{resp.Company, "050-0000-0119"}) {
		t.Fatalf("%+v %v, %+v", resp, err, cfg.Owner())
	}
	if _, err := os.Stat(filepath.Join(cfg.Dir, pairFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the token is still there: %v", err)
	}
}

// What is left on the disk is not believed when it cannot be.
func TestKeptPairing(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{"empty": "", "cut": `{"code":"BCDF-GHJK"`, "no pause": `{"code":"B","token":"t","expires":"2026-11-21T00:00:00Z"}`,
		"a date of another clock": `{"code":"B","token":"t","every":2000000000,"expires":"2099-11-21T00:00:00Z"}`} {
		cfg := Config{Dir: t.TempDir()}
		if err := os.WriteFile(filepath.Join(cfg.Dir, pairFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if p := cfg.kept(); p.Token != "" {
			t.Errorf("%s: %+v", what, p)
		}
	}
	if !WrongClock(x509.CertificateInvalidError{Reason: x509.Expired}) || WrongClock(ErrFingerprint) {
		t.Error("a wrong clock is not told from a wrong centre")
	}
}
