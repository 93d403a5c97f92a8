package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"otasuke/wire"
)

const (
	// answerTime is how long an answer may take: somebody waits for it.
	answerTime = 30 * time.Second
	// answerTries are made of handing an answer to a centre that is busy, within the minute that it waits.
	answerTries = 6
	// deaf is how long a centre is left alone that does not know of questions.
	deaf = 10 * time.Minute
	// beatPause is between a heartbeat that the centre asked for and the next question.
	beatPause = time.Second
)

// listen waits at the centre for questions, and answers one after the other, until ctx ends.
func (u *Uplink) listen(ctx context.Context) {
	if u.parts.Answer == nil {
		return
	}
	delay := retryFirst
	for ctx.Err() == nil {
		client := *u.client()
		client.Timeout = wire.QuestionWait + callTimeout // nothing happens for a while
		err := u.ask(ctx, &client)
		if err == nil {
			delay = retryFirst
			continue
		}
		wait := jitter(delay)
		delay = min(2*delay, retryMax)
		var r *refusal
		if errors.As(err, &r) && r.status == http.StatusNotFound {
			wait = deaf
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// ask takes what the centre wants to know, and answers it.
func (u *Uplink) ask(ctx context.Context, client *http.Client) error {
	body, err := json.Marshal(wire.QuestionsRequest{Version: wire.Version, Policy: u.told.Load()})
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	var q wire.Questions
	if err := call(ctx, client, u.cfg.URL+wire.PathQuestions, "application/json", body, &q); err != nil {
		return err
	}
	for i := range q.Questions {
		if err := u.answer(ctx, &q.Questions[i]); err != nil {
			return err
		}
	}
	if q.Beat != nil {
		return u.asked(ctx, q.Beat)
	}
	return nil
}

// errUnheard tells that the heartbeat that the centre has asked for did not reach it.
var errUnheard = errors.New("uplink: the centre has not heard the heartbeat that it asked for")

// asked comes with a heartbeat because the centre asks for it.
func (u *Uplink) asked(ctx context.Context, b *wire.Beat) error {
	if within := time.Duration(min(b.Within, wire.MaxBeat)) * time.Second; within > 0 {
		wait := time.NewTimer(rand.N(within))
		defer wait.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
	}
	if !u.heartbeat(ctx) {
		return errUnheard
	}
	select { // a centre that goes on asking is not heard without end
	case <-ctx.Done():
	case <-time.After(beatPause):
	}
	return nil
}

func (u *Uplink) answer(ctx context.Context, q *wire.Question) error {
	limit, cancel := context.WithTimeout(ctx, answerTime)
	a := u.parts.Answer(limit, q)
	cancel()
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	body = u.enc.EncodeAll(body, nil)
	for try, delay := 1, retryFirst; ; try, delay = try+1, 2*delay {
		var ack wire.Ack
		err := call(ctx, u.client(), u.cfg.URL+wire.PathAnswers, "application/zstd", body, &ack)
		var r *refusal
		if try == answerTries || !errors.As(err, &r) || r.status != http.StatusServiceUnavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(jitter(delay)):
		}
	}
}
