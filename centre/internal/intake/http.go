package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/enrol"
	"otasuke/centre/internal/pairing"
	"otasuke/centre/internal/store"
	"otasuke/wire"
)

// Codes of [wire.Error].
const (
	codeVersion     = "version"
	codeCode        = "code"
	codeCertificate = "certificate"
	codeBody        = "body"
	codeLimit       = "limit"
	codeAgain       = "again"
	codeWaiting     = "waiting"
)

// retryAfter is when a box should try again after a fault on our side.
const retryAfter = 30 * time.Second

// errCertificate: no certificate of ours, or not one in use.
var errCertificate = errors.New("intake: no valid box certificate")

// post lets POST through and turns an error into its answer, get does so with GET.
func (in *Intake) post(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return in.only(http.MethodPost, handle)
}

func (in *Intake) get(handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return in.only(http.MethodGet, handle)
}

func (in *Intake) only(method string, handle func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.Header().Set("Allow", method)
			fail(w, http.StatusMethodNotAllowed, codeBody, "use "+method)
			return
		}
		if err := handle(w, r); err != nil {
			in.answer(w, r, err)
		}
	})
}

// withBox lets boxes in use through.
func (in *Intake) withBox(handle func(http.ResponseWriter, *http.Request, device.Box) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		tenantID, boxID, serial, ok := in.cfg.CA.Identity(r.TLS)
		if !ok {
			return errCertificate
		}
		box, err := in.cfg.Devices.Active(r.Context(), tenantID, boxID, serial)
		if errors.Is(err, store.ErrNotFound) {
			err = device.ErrReturned
		}
		if err != nil {
			return err
		}
		return handle(w, r, box)
	}
}

func (in *Intake) claim(w http.ResponseWriter, r *http.Request) error {
	var req wire.ClaimRequest
	if err := control(w, r, &req); err != nil {
		return err
	}
	csr, err := enrol.ParseRequest(req.CSR)
	if err != nil {
		return err
	}
	box, certificate, err := in.cfg.Devices.Redeem(r.Context(),
		device.Claim{Code: req.Code, KeyHash: csr.KeyHash, Model: req.Model, Software: req.Software, Remote: r.RemoteAddr},
		func(tenantID, boxID string) (string, string, error) { return in.cfg.CA.SignBox(csr, tenantID, boxID) })
	if err != nil {
		return err
	}
	resp, err := in.claimed(r.Context(), &box, certificate)
	if err != nil {
		return err
	}
	return reply(w, resp)
}

func (in *Intake) events(w http.ResponseWriter, r *http.Request, box device.Box) error {
	done, err := in.slots.take(r.Context(), box.TenantID+"/"+box.ID)
	if err != nil {
		return err
	}
	defer done()
	// What is compressed cannot be larger than what it was made of, but for a
	// few bytes of framing.
	text, err := decompress(http.MaxBytesReader(w, r.Body, wire.MaxBatchBytes+wire.MaxBatchBytes/64))
	if err != nil {
		return err
	}
	b, err := decodeBatch(text)
	if err != nil {
		return err
	}
	ack, err := in.Accept(r.Context(), box, b.events)
	if err != nil {
		return err
	}
	for id, why := range b.refused {
		ack.Refused[id] = why
	}
	in.counts.events.Add(uint64(ack.New))
	in.counts.refused.Add(uint64(len(ack.Refused)))
	if len(ack.Refused) > 0 {
		in.cfg.Log.Warn("events refused", "tenant", box.TenantID, "box", box.ID, "count", len(ack.Refused))
	}
	return reply(w, ack)
}

func (in *Intake) heartbeat(w http.ResponseWriter, r *http.Request, box device.Box) error {
	var beat wire.Heartbeat
	if err := control(w, r, &beat); err != nil {
		return err
	}
	var held []string
	err := in.cfg.Store.Write(r.Context(), box.TenantID, func(tx *store.Tx) error {
		turn, err := in.cfg.Devices.Heartbeat(tx, box.ID, beat.Health)
		if err != nil {
			return err
		}
		if held, err = in.cfg.Devices.Held(tx, box.SiteID); err != nil {
			return err
		}
		if err := in.cfg.Releases.Tell(tx, box.ID, beat.Bundles); err != nil {
			return err
		}
		if err := in.cfg.Policies.Tell(tx, box.ID, beat.Policy); err != nil {
			return err
		}
		if err := in.heard(tx, &box); err != nil {
			return err
		}
		return in.protection(tx, &box, turn)
	})
	if err != nil {
		return err
	}
	wanted, err := in.cfg.Releases.Wanted(r.Context(), box.ID)
	if err != nil {
		return err
	}
	policy, err := in.cfg.Policies.Wanted(r.Context(), box.TenantID)
	if err != nil {
		return err
	}
	certificate, err := in.cfg.CA.Renew(r.TLS)
	if err != nil {
		return err
	}
	in.counts.heartbeats.Add(1)
	return reply(w, wire.HeartbeatResponse{Version: wire.Version, Time: in.cfg.Clock.Now(), Held: held, Bundles: wanted, Policy: policy.ID, Certificate: certificate})
}

// bundles serves what keeps boxes current. It may take as long as a poor line needs.
func (in *Intake) bundles(w http.ResponseWriter, r *http.Request, _ device.Box) error {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bundleTimeout)) // the network's clock
	in.cfg.Releases.ServeHTTP(w, r)
	return nil
}

// control reads a small JSON body, its version first, and checks it.
func control(w http.ResponseWriter, r *http.Request, to interface{ Check() error }) error {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxControlBytes))
	if err != nil {
		return fmt.Errorf("%w: %w", errBody, err)
	}
	if err := checkVersion(text); err != nil {
		return err
	}
	if err := errors.Join(json.Unmarshal(text, to), to.Check()); err != nil {
		return fmt.Errorf("%w: %w", errBody, err)
	}
	return nil
}

func reply(w http.ResponseWriter, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("intake: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // a box that hears nothing repeats
	return nil
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(wire.Error{Code: code, Message: message}) // the same
}

// refusals maps what a box did wrong to its answer, the first that fits.
var refusals = []struct {
	is      error
	status  int
	code    string
	message string
}{
	{errCertificate, http.StatusUnauthorized, codeCertificate, "show the certificate that the claim gave out, or claim the box"},
	{device.ErrReturned, http.StatusForbidden, codeCertificate, "this box is no longer in use: claim it again with a new code"},
	{device.ErrCodeMalformed, http.StatusBadRequest, codeCode, "the code is mistyped: compare it with the card, four characters at a time"},
	{device.ErrCodeUnknown, http.StatusNotFound, codeCode, "there is no such code: ask for a new one"},
	{device.ErrCodeExpired, http.StatusGone, codeCode, "the code has expired: ask for a new one"},
	{device.ErrCodeUsed, http.StatusConflict, codeCode, "the code was already used for another box: ask for a new one"},
	{device.ErrKeyElsewhere, http.StatusConflict, codeCode, "this box was in use at another company: empty its data folder, which holds its key and what it saw there, and claim it again"},
	{pairing.ErrWaiting, http.StatusPreconditionRequired, codeWaiting, "nobody has entered the code yet: ask again"},
	{pairing.ErrOver, http.StatusGone, codeCode, "the code does not count any more: ask for a new one"},
	{device.ErrTooMany, http.StatusTooManyRequests, codeAgain, "too many tries from this address: wait"},
	{errBusy, http.StatusServiceUnavailable, codeAgain, "the centre is busy: nothing was kept, try again"},
	{errLimit, http.StatusRequestEntityTooLarge, codeLimit, ""},
	{errBody, http.StatusBadRequest, codeBody, ""},
	{enrol.ErrRequest, http.StatusBadRequest, codeBody, ""},
}

// answer tells the box what went wrong; faults of our own are logged, not told.
func (in *Intake) answer(w http.ResponseWriter, r *http.Request, err error) {
	var version *wire.Error
	if errors.As(err, &version) && version.Code == codeVersion {
		fail(w, http.StatusUpgradeRequired, version.Code, version.Message)
		return
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		fail(w, http.StatusRequestEntityTooLarge, codeLimit, fmt.Sprintf("the body has more than %d bytes", large.Limit))
		return
	}
	var tooMany *device.TooMany
	if errors.As(err, &tooMany) {
		w.Header().Set("Retry-After", seconds(tooMany.Wait))
	}
	if errors.Is(err, errBusy) {
		w.Header().Set("Retry-After", seconds(retryAfter))
	}
	for _, x := range refusals {
		if errors.Is(err, x.is) {
			message := x.message
			if message == "" {
				message = err.Error()
			}
			fail(w, x.status, x.code, message)
			return
		}
	}
	if !errors.Is(err, context.Canceled) {
		in.counts.failed.Add(1)
		in.cfg.Log.Error("box request failed", "path", r.URL.Path, "err", err)
	}
	w.Header().Set("Retry-After", seconds(retryAfter))
	fail(w, http.StatusServiceUnavailable, codeAgain, "a fault of the centre: nothing was kept, try again")
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
