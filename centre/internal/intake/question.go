package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"otasuke/centre/internal/device"
	"otasuke/centre/internal/question"
	"otasuke/wire"
)

// questions lets a box wait for what people ask it.
func (in *Intake) questions(w http.ResponseWriter, r *http.Request, box device.Box) error {
	var req wire.QuestionsRequest
	if err := control(w, r, &req); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), wire.QuestionWait)
	defer cancel()
	defer context.AfterFunc(in.life, cancel)() // no goroutine: ten thousand wait here
	in.waiting.Add(1)
	defer in.waiting.Add(-1)
	for spread := 0; ; {
		own, all := in.cfg.Policies.Woken(box.TenantID)
		if req.Policy != nil {
			wanted, err := in.cfg.Policies.Wanted(ctx, box.TenantID)
			if err != nil && ctx.Err() == nil {
				return err
			}
			if err == nil && wanted.ID != *req.Policy {
				return reply(w, wire.Questions{Version: wire.Version, Beat: &wire.Beat{Within: spread}})
			}
		} else {
			own, all = nil, nil // an older box
		}
		list, err := in.cfg.Questions.Next(ctx, box.TenantID, box.ID, own, all)
		if err != nil {
			return err
		}
		if len(list) > 0 || ctx.Err() != nil {
			return reply(w, wire.Questions{Version: wire.Version, Questions: list})
		}
		spread = in.spread()
		select {
		case <-own: // one company's boxes are few, and somebody waits
			spread = 0
		default:
		}
	}
}

// beatsEach is how many heartbeats in a second the centre takes with ease.
const beatsEach = 200

// spread is within how many seconds boxes are asked to come when all have something new.
func (in *Intake) spread() int {
	return int(min(in.waiting.Load()/beatsEach, wire.MaxBeat))
}

// policy gives a box what its company wants.
func (in *Intake) policy(w http.ResponseWriter, r *http.Request, box device.Box) error {
	p, err := in.cfg.Policies.Wanted(r.Context(), box.TenantID)
	if err != nil {
		return err
	}
	return reply(w, p)
}

// answers takes what a box says to one.
func (in *Intake) answers(w http.ResponseWriter, r *http.Request, box device.Box) error {
	done, err := in.slots.take(r.Context(), box.TenantID+"/"+box.ID)
	if err != nil {
		return err
	}
	defer done()
	text, err := decompress(http.MaxBytesReader(w, r.Body, wire.MaxAnswerBytes))
	if err != nil {
		return err
	}
	if err := checkVersion(text); err != nil {
		return err
	}
	var a wire.Answer
	if err := errors.Join(json.Unmarshal(text, &a), a.Check()); err != nil {
		return fmt.Errorf("%w: %w", errBody, err)
	}
	if err := in.cfg.Questions.Take(r.Context(), box.TenantID, box.ID, &a); err != nil && !errors.Is(err, question.ErrUnknown) {
		return err // of one that nobody waits for any more the box need not know
	}
	return reply(w, wire.Ack{Version: wire.Version})
}
