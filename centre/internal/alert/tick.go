package alert

import (
	"context"
	"fmt"
	"time"

	"otasuke/centre/internal/store"
)

// Changes that tell of steps of a playbook. Note: the step's key.
const (
	ChangeTicked   What = "ticked"
	ChangeUnticked What = "unticked"
)

// maxStep bounds a step's key, in bytes.
const maxStep = 40

// Tick is a step that was done with an alert.
type Tick struct {
	Who string
	At  time.Time
}

// Ticks are the steps that are done, by key, as the history tells.
func Ticks(history []Change) map[string]Tick {
	done := map[string]Tick{}
	for _, c := range history {
		switch c.What {
		case ChangeTicked:
			done[c.Note] = Tick{Who: c.Who, At: c.At}
		case ChangeUnticked:
			delete(done, c.Note)
		}
	}
	return done
}

// Tick notes that somebody of the staff has done a step with an alert, or takes that back. Which steps there are, the
// caller knows. What is so already stays so: pressed twice, it stands once in the history.
func (s *Service) Tick(ctx context.Context, tenantID, id, who, step string, done bool) error {
	if step == "" || len(step) > maxStep {
		return fmt.Errorf("%w: step %q", ErrInvalid, step)
	}
	return s.cfg.Store.Write(ctx, tenantID, func(tx *store.Tx) error {
		history, err := selectChanges(tx, id)
		if err != nil {
			return err
		}
		what := ChangeUnticked
		if done {
			what = ChangeTicked
		}
		if _, is := Ticks(history)[step]; is == done {
			_, err := selectOne(tx, id) // there it must be
			return err
		}
		return s.change(tx, id, who, what, step, func(*open, time.Time) {})
	})
}
