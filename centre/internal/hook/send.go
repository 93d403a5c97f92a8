package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"otasuke/centre/internal/alert"
	"otasuke/centre/internal/job"
	"otasuke/centre/internal/store"
	"otasuke/internal/outward"
)

const (
	// patience with one call.
	patience = 15 * time.Second
	// maxAnswer of an address that is read.
	maxAnswer = 4 << 10
	// Signature is the header with time and HMAC-SHA256 of "time.body" by the secret of the address.
	Signature = "Otasuke-Signature"
)

// Handle sends one message. An error means: try again.
func (s *Service) Handle(ctx context.Context, tenantID string, raw json.RawMessage) error {
	var a args
	if err := json.Unmarshal(raw, &a); err != nil {
		return fmt.Errorf("%w: hook: %w", job.ErrGiveUp, err)
	}
	var h Hook
	err := s.Store.Read(ctx, tenantID, func(tx *store.Tx) (err error) {
		h, err = selectHook(tx, a.Hook)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil // taken away
	}
	if err != nil {
		return err
	}
	body, err := s.message(ctx, tenantID, &h, a)
	if err != nil || body == nil {
		return err
	}
	d := Delivery{Hook: h.ID, Alert: a.Alert, Step: a.Step, State: Sent, At: s.Clock.Now()}
	d.Answer, err = s.call(ctx, &h, body)
	switch {
	case err == nil:
	case errors.Is(err, job.ErrGiveUp), errors.Is(err, outward.ErrPrivate):
		d.State, err = Refused, nil
	default:
		d.State = Waiting
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, s.Store.Write(ctx, tenantID, func(tx *store.Tx) error { return end(tx, &d) }))
}

// call posts a message and says what was answered. What will not be taken tomorrow either is [job.ErrGiveUp].
func (s *Service) call(ctx context.Context, h *Hook, body []byte) (answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return "address", fmt.Errorf("%w: %w", job.ErrGiveUp, err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Otasuke")
	if h.Kind == Webhook {
		r.Header.Set(Signature, Sign(h.Secret, s.Clock.Now(), body))
	}
	resp, err := s.client.Do(r)
	if err != nil {
		if errors.Is(err, outward.ErrPrivate) {
			return "private", outward.ErrPrivate
		}
		return "unreachable", fmt.Errorf("hook: %s: not reached", h.Host()) // the error itself holds the address, which may be a secret
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer))
	answer = strconv.Itoa(resp.StatusCode)
	switch code := resp.StatusCode; {
	case code/100 == 2:
		return answer, nil
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code/100 == 5:
		return answer, fmt.Errorf("hook: %s answers %d", h.Host(), code)
	}
	return answer, job.ErrGiveUp
}

// Sign is the value of [Signature]: "t=1763701521,v1=…", of what was sent at a time.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, t+".")
	_, _ = mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// Event is what a webhook gets. Fields may be added, and never change their meaning.
type Event struct {
	Version  string    `json:"version"` // "2026-11"
	Kind     string    `json:"kind"`    // "alert", or "trial"
	ID       string    `json:"id,omitempty"`
	Case     string    `json:"case,omitempty"`
	Stars    int       `json:"stars,omitempty"`
	Family   string    `json:"family,omitempty"`
	Blocked  bool      `json:"blocked"`
	Update   bool      `json:"update"` // the alert became worse
	Device   string    `json:"device,omitempty"`
	Title    string    `json:"title"`
	Happened string    `json:"happened,omitempty"`
	Stopped  string    `json:"stopped,omitempty"`
	Do       string    `json:"do,omitempty"`
	First    time.Time `json:"first,omitzero"`
	Last     time.Time `json:"last,omitzero"`
	URL      string    `json:"url"`
}

// message is the body for an address; nil when there is nothing to tell any more.
func (s *Service) message(ctx context.Context, tenantID string, h *Hook, a args) ([]byte, error) {
	t := s.Knowledge.Texts(h.Lang)
	e := Event{Version: "2026-11", Kind: "trial", Title: t.T("hook.trial"), URL: s.BaseURL + "/"}
	if a.Alert != "" {
		x, err := s.Alerts.Get(ctx, tenantID, a.Alert)
		if errors.Is(err, store.ErrNotFound) || err == nil && x.State == alert.Closed {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		said := s.Knowledge.Explain(&x, h.Lang, s.Clock.Now())
		e = Event{Version: e.Version, Kind: "alert", ID: x.ID, Case: x.Case, Stars: int(x.Stars), Family: x.Family, Blocked: x.Blocked, Update: a.Step > 0, Device: said.Device,
			Title: said.StarsWords + " " + said.What, Happened: said.Happened, Stopped: said.Stopped, Do: said.Do, First: x.First, Last: x.Last, URL: s.BaseURL + "/alerts/" + x.ID}
	}
	var body any = e
	switch h.Kind {
	case Slack:
		text := e.Title
		for _, line := range []string{e.Stopped, e.Do} {
			if line != "" {
				text += "\n" + line
			}
		}
		// Plain text: nothing of it is taken for a mention or a link with other words.
		body = map[string]any{"text": e.Title, "blocks": []any{map[string]any{"type": "section", "text": map[string]any{"type": "plain_text", "text": clip(text, 2900)}},
			map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "text": map[string]any{"type": "plain_text", "text": t.T("hook.open")}, "url": e.URL}}}}}
	case Teams:
		lines := []any{}
		for i, line := range []string{e.Title, e.Stopped, e.Do} {
			if line != "" {
				lines = append(lines, map[string]any{"type": "TextBlock", "text": clip(line, 2000), "wrap": true, "weight": map[bool]string{true: "bolder", false: "default"}[i == 0]})
			}
		}
		body = map[string]any{"type": "message", "attachments": []any{map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": map[string]any{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": lines,
			"actions": []any{map[string]any{"type": "Action.OpenUrl", "title": t.T("hook.open"), "url": e.URL}}}}}}
	}
	return json.Marshal(body)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
