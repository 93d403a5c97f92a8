package mail

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A server that looks at a mail for longer than its other answers take has it already: who hangs up and comes again, sends it to
// the customer once more each time.
func TestAServerThatThinksIsWaitedFor(t *testing.T) {
	t.Parallel()
	box := &sink{read: make(chan struct{}), think: make(chan struct{})}
	timeout := 10 * time.Second // for all but that answer
	s := sender(t, box.start(t, nil), func(c *Config) { c.Timeout = timeout })
	done := make(chan error, 1)
	go func() { done <- s.Send(t.Context(), message()) }()
	<-box.read
	select {
	case err := <-done:
		close(box.think)
		t.Fatalf("hung up while the server thought: %v", err)
	case <-time.After(timeout + 2*time.Second): // nothing is to happen
	}
	close(box.think)
	if err := <-done; err != nil || len(box.all()) != 1 {
		t.Errorf("%v, %d mails", err, len(box.all()))
	}
}

// A centre that stops for an update waits a moment for that answer, and sends nothing twice.
func TestAnAnswerIsHeardWhileStopping(t *testing.T) {
	t.Parallel()
	box := &sink{read: make(chan struct{}), think: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- sender(t, box.start(t, nil), nil).Send(ctx, message()) }()
	<-box.read
	stop()
	close(box.think)
	if err := <-done; err != nil {
		t.Errorf("the mail is there, and counts as not sent: %v", err)
	}
}

// A server that does not take mails from us at all says nothing about who is to get them.
func TestARefusedSenderPasses(t *testing.T) {
	t.Parallel()
	box := &sink{onMail: &smtp.SMTPError{Code: 550, Message: "daily sending limit exceeded"}}
	if err := sender(t, box.start(t, nil), nil).Send(t.Context(), message()); !errors.Is(err, ErrTemporary) || errors.Is(err, ErrPermanent) {
		t.Errorf("got %v", err)
	}
}
