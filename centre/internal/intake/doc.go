// Package intake is the door for boxes: it lets them claim themselves, takes their
// events and heartbeats, and answers only after everything is committed.
//
// Company and box are read from the verified certificate, never from a payload,
// and the box must still be in use. A batch is one transaction: the ids are
// remembered, devices and alerts are brought up to date, and whoever must be told
// is queued. A repeated batch changes nothing, so boxes may repeat until they hear
// an answer. Every answer that is not 2xx is a [wire.Error].
//
// Level 4: the façade serves [Intake.Server] and registers [Intake.Register].
package intake
