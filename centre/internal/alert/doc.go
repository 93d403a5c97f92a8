// Package alert turns events into the few things that a person should see, keeps
// them until they are closed with a reason, and counts what was stopped.
//
// Rules (pure, in rules.go): importance is by outcome, not by rule; all events of
// one device and one family within a window are one alert, and all attacks from
// outside against one target are one alert; an alert that becomes worse says so.
// A new alert or a worse one of ★★☆ and up enqueues the job [KindNotify] in the
// same transaction, so that it is kept if and only if somebody will be told.
//
// Everything is bound to a company; another company's alert is [ErrNotFound]. The
// level is 3: intake writes, notify and the faces read and answer. Who counts as
// controlled and what an event's family is, is asked through [Classifier].
package alert
