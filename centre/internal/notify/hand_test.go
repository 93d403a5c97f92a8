package notify

import (
	"errors"
	"testing"
	"time"

	"otasuke/centre/internal/store"
)

// Two jobs about one alert, as there are when it became worse while the centre or its mail server was away, are done at the same
// time: everybody gets one mail.
func TestTwoJobsAboutOneAlert(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.alerts.worse()
		asked, go_ := make(chan struct{}), make(chan struct{})
		o.post.answer = func(n int, _ string) error {
			if n == 0 {
				close(asked)
				<-go_
			}
			return nil
		}
		first := make(chan error, 1)
		go func() { first <- o.notify("new") }()
		<-asked
		second := o.notify("worse")
		close(go_)
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		if !errors.Is(second, errInHand) {
			t.Errorf("the second job must come again: %v", second)
		}
		o.must("worse")
		for _, who := range []string{"owner@sato.example.jp", "hanako@sato.example.jp", "maria@sato.example.jp"} {
			if n := len(o.post.to(who)); n != 1 {
				t.Errorf("%s got %d mails", who, n)
			}
		}
	})
}

// Of another process nobody knows whether it lives: its mail is left to it for as long as it may take, where there can be one.
func TestAnotherProcessIsSending(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		people, err := o.cfg.Companies.People(t.Context(), o.id)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := o.begin(t.Context(), &o.alerts.a, people[0], 0); err != nil {
			t.Fatal(err)
		}
		err = o.notify("new")
		if several := o.cfg.Store.Engine() == store.Postgres; several != errors.Is(err, errInHand) || !several && err != nil {
			t.Fatalf("several: %v, %v", several, err)
		}
		o.clock.Advance(othersTime + time.Second)
		o.must("new")
		if n := len(o.post.to(people[0].Email)); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}
