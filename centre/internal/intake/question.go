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
	if err := control(w, r, new(wire.QuestionsRequest)); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), wire.QuestionWait)
	defer cancel()
	defer context.AfterFunc(in.life, cancel)() // no goroutine: ten thousand wait here
	list, err := in.cfg.Questions.Next(ctx, box.TenantID, box.ID)
	if err != nil {
		return err
	}
	return reply(w, wire.Questions{Version: wire.Version, Questions: list})
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
